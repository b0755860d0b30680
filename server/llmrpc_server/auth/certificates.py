"""The names in a client's certificate become a principal."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from llmrpc_server.config.auth import CertificateSettings
from llmrpc_server.principal import Principal


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
    """Tell whether one of a certificate's names is what a pattern describes; * stands for anything."""
    return any(fnmatchcase(name, pattern) for name in names)
