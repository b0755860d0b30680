"""The names in a client's certificate become a principal."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from llmrpc_server.access.principal import Principal
from llmrpc_server.config.auth import CertificateSettings

_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_MARKS_OF_ADDRESSES: Final = frozenset(":/@")


class Certificates:
    """Knows whose certificate is which tenant's: the first row that fits one of its names."""

    def __init__(self, rows: Iterable[CertificateSettings]) -> None:
        self._rows = tuple(
            (row.san, Principal(tenant=row.tenant, user=row.user, scopes=frozenset(row.scopes))) for row in rows
        )

    def find(self, names: Sequence[str]) -> Principal | None:
        """Return whose certificate has these names; None for nobody's."""
        return next((principal for san, principal in self._rows if fits(san, names)), None)


def fits(pattern: str, names: Iterable[str]) -> bool:
    """Tell whether one of a certificate's names is what a pattern describes; * stands for anything.

    Upper and lower case are the same in the name of a host, and only there.
    """
    return any(
        fnmatchcase(_lower(name), _lower(pattern)) if _is_host(name) else fnmatchcase(name, pattern) for name in names
    )


def _is_host(name: str) -> bool:
    """Tell a host from an address; gRPC does not say which sort of name it hands over."""
    return _MARKS_OF_ADDRESSES.isdisjoint(name)


def _lower(name: str) -> str:
    # Not str.lower, to which the sign of the kelvin is a k.
    return name.translate(_LOWER)
