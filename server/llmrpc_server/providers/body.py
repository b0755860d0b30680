"""The answers of a vendor: what their heads say, and their bodies, of which no more is held than memory allows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import aiohttp
from multidict import CIMultiDict

from llmrpc_server import errors
from llmrpc_server.providers import transport_errors
from llmrpc_server.providers.failures import request_id

MAX_BODY_BYTES = 64 * 1024 * 1024
# How long to wait, after the end marker, for the end of the body that lets the connection be used again.
_DRAIN_SECONDS = 0.25


class Head:
    """What stands before the body.

    Attributes:
        headers: By name, in any case.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers if all(map(str.isascii, headers.values())) else _legible(headers)

    @property
    def request_id(self) -> str:
        """The vendor's own id for the request; empty where it gives none."""
        return request_id(self.headers)

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case; empty where the vendor tells none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Body(Head):
    """The body of an answer that still comes in."""

    def __init__(self, provider: str, response: aiohttp.ClientResponse) -> None:
        super().__init__(response.headers)
        self._provider = provider
        self._stream = response.content

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come off the socket.

        Raises:
            ProviderError: The answer broke off, or cannot be read.
        """
        while chunk := await self._next():
            yield chunk

    async def whole(self, limit: int = MAX_BODY_BYTES) -> bytes:
        """Return all bytes.

        Raises:
            ProviderError: As above, or there are more than `limit`.
        """
        chunks: list[bytes] = []
        size = 0
        while chunk := await self._next():
            size += len(chunk)
            if size > limit:
                raise errors.ProviderBadResponse(f"{self._provider} sent an answer of more than {limit} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    async def drain(self) -> None:
        """Read what is left after the end marker, so that the connection can be used again; give up soon."""
        if self._stream.at_eof():
            return
        with contextlib.suppress(TimeoutError, errors.ProviderError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self._next():
                    pass

    async def _next(self) -> bytes:
        try:
            return await self._stream.readany()
        except Exception as error:
            if (failure := transport_errors.to_error(self._provider, error, answering=True)) is None:
                raise
            if came_before := self._unread():
                return came_before
            raise failure from error

    def _unread(self) -> bytes:
        """Take what came before the connection broke: aiohttp's reader tells of the break first, and only of that."""
        return self._stream._read_nowait(-1)  # noqa: SLF001


def _legible(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Replace what is not UTF-8: aiohttp makes characters of it that no message of ours can hold."""
    return CIMultiDict(
        (name, value.encode(errors="surrogateescape").decode(errors="replace")) for name, value in headers.items()
    )
