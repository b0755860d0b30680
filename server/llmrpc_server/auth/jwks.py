"""The public keys of an identity provider, from a file or an https address; they change while the server runs."""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import jwt
import structlog

from llmrpc_server.access import audit
from llmrpc_server.config.auth import JwtSettings, is_url
from llmrpc_server.config.loading import BadSetting
from llmrpc_server.watched import BadFile, Watched, watch

log = structlog.get_logger()

KeySet = Mapping[str, jwt.PyJWK]

# Tokens with made-up keys must not make the server a flood of requests.
SECONDS_BETWEEN_FETCHES = 1.0
_FETCH_SECONDS = 5.0
_MAX_BYTES = 1024 * 1024
# A shared secret would let whoever checks tokens make them.
_KINDS = frozenset({"RSA", "EC", "OKP"})


def parse(content: bytes) -> KeySet:
    """Read a JSON Web Key Set. Raises ValueError where it is none, or holds no public key to check signatures with."""
    try:
        data = json.loads(content)
        keys: dict[str, jwt.PyJWK] = {}
        for row in filter(_usable, data["keys"]):
            # What is not understood is for somebody else (RFC 7517, section 5).
            with contextlib.suppress(jwt.PyJWTError, ValueError, KeyError):
                keys[row["kid"]] = jwt.PyJWK(row)
    except (ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError):
        raise ValueError("is not a JSON Web Key Set") from None
    if not keys:
        raise ValueError("holds no public key that has a kid and is for signatures")
    return keys


def _usable(row: Mapping[str, Any]) -> bool:
    return row.get("kty") in _KINDS and row.get("use", "sig") == "sig" and isinstance(row.get("kid"), str)


class Keys(Protocol):
    """Finds the public key that a token names."""

    def known(self, kid: str) -> jwt.PyJWK | None:
        """Return the key as it was seen last; another object for each time that the keys were read."""

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key; None where the identity provider has no such key.

        Raises:
            CannotTell: It cannot be asked, and the key is not known from before.
        """

    async def run(self) -> None:
        """Keep the keys fresh, until cancelled."""


class CannotTell(Exception):
    """The identity provider's keys are not known."""


class KeysInFile:
    """Keys in a file. Raises BadFile where it is no good at the start."""

    def __init__(self, path: Path) -> None:
        self._file = Watched([path], parse, changed=_changed)

    def known(self, kid: str) -> jwt.PyJWK | None:
        """Return the key, without a look at the file."""
        return self._file.value.get(kid)

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key; a token may be here before the next look at the file."""
        if kid not in self._file.value:
            await asyncio.to_thread(self._file.refresh)
        return self._file.value.get(kid)

    async def run(self) -> None:
        """Look at the file now and then."""
        await watch(self._file.refresh)


class KeysAtAddress:
    """Keys at an address. It is asked in the background, and at once when a token names a key that is not known."""

    def __init__(self, url: str, *, refresh: float, ca_bundle: str | None = None) -> None:
        self._url = url
        self._refresh = refresh
        try:
            self._ssl = ssl.create_default_context(cafile=ca_bundle)
        except (OSError, ssl.SSLError):
            raise BadFile(f"{ca_bundle}: cannot be read as certificates in PEM") from None
        self._keys: KeySet | None = None
        self._fetched = self._succeeded = float("-inf")
        self._fetching: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key, after asking for it where it is not known."""
        if (found := self.known(kid)) is not None:
            return found
        asked = time.monotonic()
        # Whoever began to ask may leave: the others wait for the same answer.
        fetching = asyncio.create_task(self._fetch(asked=asked))
        self._fetching.add(fetching)
        fetching.add_done_callback(self._fetching.discard)
        await asyncio.shield(fetching)
        if (found := self.known(kid)) is None and self._succeeded < asked:
            raise CannotTell
        return found

    def known(self, kid: str) -> jwt.PyJWK | None:
        """Return the key, without asking."""
        return None if self._keys is None else self._keys.get(kid)

    async def run(self) -> None:
        """Ask now and then."""
        while True:
            await self._fetch(asked=time.monotonic())
            await asyncio.sleep(self._refresh)

    async def _fetch(self, *, asked: float) -> None:
        """Ask once for all who asked before that."""
        async with self._lock:
            if self._fetched >= asked:
                return
            await asyncio.sleep(self._fetched + SECONDS_BETWEEN_FETCHES - time.monotonic())
            self._fetched = time.monotonic()
            try:
                keys = parse(await self._ask())
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                log.warning("the identity provider's keys could not be fetched", problem=type(error).__name__)
                return
            if self._keys is not None:
                _changed(self._keys, keys)
            self._keys, self._succeeded = keys, self._fetched

    async def _ask(self) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(self._url, ssl=self._ssl, allow_redirects=False) as answer,
        ):
            answer.raise_for_status()
            content = bytearray()
            with contextlib.suppress(aiohttp.EofStream):
                async for piece in answer.content.iter_any():
                    content += piece
                    if len(content) > _MAX_BYTES:
                        raise ValueError("is too large")
            return bytes(content)


def opened(settings: JwtSettings) -> Keys:
    """Read the identity provider's keys, or make ready to ask for them.

    Raises:
        BadSetting: A file is no good.
    """
    if is_url(settings.jwks):
        seconds = settings.refresh.total_seconds()
        try:
            return KeysAtAddress(settings.jwks, refresh=seconds, ca_bundle=settings.ca_bundle)
        except BadFile as error:
            raise BadSetting(("auth", "jwt", "ca_bundle"), str(error)) from error
    try:
        return KeysInFile(Path(settings.jwks))
    except BadFile as error:
        raise BadSetting(("auth", "jwt", "jwks"), str(error)) from error


def _changed(old: KeySet, new: KeySet) -> None:
    if old.keys() != new.keys():
        audit.record("jwks changed", added=sorted(new.keys() - old.keys()), removed=sorted(old.keys() - new.keys()))
