"""The ways in, in their order.

1. `authorization: Bearer ...`: an API key, or a JSON Web Token. What it says holds; a bad one is refused, whatever else
   the caller shows.
2. `x-forwarded-client-cert`, where the connection's other end is a proxy that may say so. Such a proxy's own
   certificate is nobody's.
3. The certificate of the connection.
"""

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmrpc_server.access import audit
from llmrpc_server.access.principal import Principal
from llmrpc_server.auth import forwarded, key_file
from llmrpc_server.auth.certificates import Certificates
from llmrpc_server.auth.credentials import Credentials
from llmrpc_server.auth.keys import PREFIX, KeyBook
from llmrpc_server.config.auth import AuthSettings, JwtSettings
from llmrpc_server.config.loading import BadSetting
from llmrpc_server.errors import Unauthenticated
from llmrpc_server.watched import BadFile, Watched, watch

if TYPE_CHECKING:
    from llmrpc_server.auth.tokens import Tokens

_BEARER = "bearer "


class Authenticator:
    """Tells whose an RPC is.

    Raises:
        BadSetting: A file that the settings name is no good.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._keys = None if settings.keys is None else open_keys(Path(settings.keys))
        self._tokens = None if settings.jwt is None else _tokens(settings.jwt)
        self._certificates = Certificates(settings.certificates)
        self._trusted = () if settings.forwarded is None else tuple(settings.forwarded.trusted)
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Keep keys fresh in the background, until `close`."""
        if self._keys is not None:
            self._running.append(asyncio.create_task(watch(self._keys.refresh)))
        if self._tokens is not None:
            self._running.append(asyncio.create_task(self._tokens.keys.run()))

    async def close(self) -> None:
        """Stop what runs in the background."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def principal(self, credentials: Credentials) -> Principal:
        """Return whose an RPC is.

        Raises:
            Unauthenticated: Nobody's who may call.
            StoreUnavailable: It cannot be told now.
        """
        found = (
            await self._bearer(credentials.authorization)
            if credentials.authorization
            else self._by_certificate(credentials)
        )
        if found is None:
            raise Unauthenticated
        return found

    async def _bearer(self, values: Sequence[str]) -> Principal | None:
        if len(values) != 1 or values[0][: len(_BEARER)].lower() != _BEARER:
            return None
        text = values[0][len(_BEARER) :].strip()
        if text.startswith(PREFIX):
            return None if self._keys is None else self._keys.value.find(text)
        return None if self._tokens is None else await self._tokens.find(text)

    def _by_certificate(self, credentials: Credentials) -> Principal | None:
        if self._trusted and forwarded.trusts(self._trusted, peer=credentials.peer, peer_names=credentials.peer_names):
            if len(credentials.forwarded) != 1:
                return None
            return self._certificates.find(forwarded.names_in(credentials.forwarded[0]))
        return self._certificates.find(credentials.peer_names)


def open_keys(path: Path) -> Watched[KeyBook]:
    """Read the file of API keys.

    Raises:
        BadSetting: It is no good.
    """
    try:
        return Watched([path], key_file.parse, changed=_keys_changed)
    except BadFile as error:
        # Whichever configuration names the file, and whatever else of it is no good yet.
        command = f"llmrpc keys create --tenant NAME --file {shlex.quote(str(path))}"
        hint = f"; make a first key: {command}" if isinstance(error.__cause__, FileNotFoundError) else ""
        raise BadSetting(("auth", "keys"), f"{error}{hint}") from error


def _keys_changed(old: KeyBook, new: KeyBook) -> None:
    changed = sorted(key for key in old.keys.keys() & new.keys.keys() if old.keys[key] != new.keys[key])
    added, removed = sorted(new.keys.keys() - old.keys.keys()), sorted(old.keys.keys() - new.keys.keys())
    audit.record("keys changed", added=added, removed=removed, changed=changed)


def _tokens(settings: JwtSettings) -> "Tokens":
    # What checks signatures takes 8 MB.
    from llmrpc_server.auth.tokens import Tokens

    return Tokens(settings)
