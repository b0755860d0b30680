"""API keys: how one looks, and whose it is. Only hashes of them are kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import ORDINARY
from llmrpc_server.config.auth import ScopeName
from llmrpc_server.config.values import Section, Text

# For people and for scanners of leaked secrets; what follows is the key's public id.
PREFIX = "llmrpc_"
_ID_BYTES = 6
_SECRET_BYTES = 32

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Secret(Section):
    """One text that is good for a key; a key that is being rotated has two.

    Attributes:
        sha256: Of the whole text, in hex. A slow hash would guard a guessable password; this is 256 random bits.
    """

    sha256: Hash
    expires: AwareDatetime | None = None


class Key(Section):
    """An API key, as the file has it.

    Attributes:
        id: What may be shown: the key without its secret.
        user: Whose it is within the tenant; empty for nobody's in particular.
        names_users: Its calls say truthfully on whose behalf they are made (`CompleteRequest.user`).
        note: For people.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    tenant: Text
    user: str = ""
    names_users: bool = False
    scopes: list[ScopeName] = sorted(ORDINARY)
    note: str = ""
    created: AwareDatetime
    revoked: AwareDatetime | None = None
    secrets: list[Secret] = Field(min_length=1)

    def principal(self) -> Principal:
        """Make the principal of its calls."""
        return Principal(
            tenant=self.tenant,
            key=self.id,
            user=self.user,
            names_users=self.names_users,
            scopes=frozenset(self.scopes),
        )


class KeyFile(Section):
    """The whole file."""

    keys: list[Key] = Field(default_factory=list)


class KeyBook:
    """Knows keys by their text."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = {key.id: key for key in keys}
        self._known = {
            key.id: (tuple((bytes.fromhex(s.sha256), s.expires) for s in key.secrets), key.principal())
            for key in self.keys.values()
            if key.revoked is None
        }

    def find(self, text: str) -> Principal | None:
        """Return whose key this is; None, after the same work, for one that is not good."""
        digest = hashlib.sha256(text.encode()).digest()
        hashes, principal = self._known.get(_id_of(text), _NOBODYS)
        good = False
        for known, expires in hashes:
            same = hmac.compare_digest(known, digest)
            good = good or (same and (expires is None or expires > datetime.now(UTC)))
        return principal if good else None


_NOBODYS: tuple[tuple[tuple[bytes, datetime | None], ...], Principal | None] = (
    ((secrets.token_bytes(hashlib.sha256().digest_size), None),),
    None,
)


def _id_of(text: str) -> str:
    return text[len(PREFIX) : len(PREFIX) + 2 * _ID_BYTES]


def new_id() -> str:
    """Make the id of a new key."""
    return secrets.token_hex(_ID_BYTES)


def new_text(key_id: str) -> str:
    """Make a text for a key."""
    return f"{PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def secret_of(text: str, *, expires: datetime | None = None) -> Secret:
    """Make what is kept of a key's text."""
    return Secret(sha256=hashlib.sha256(text.encode()).hexdigest(), expires=expires)
