"""One TCP connection: reading, misbehaving, and noticing at once when the other side leaves."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import replace

from .attempts import now_ms
from .http1 import Request, read_body, read_head

_LINGER_ZERO = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ClientGone(Exception):
    """The other side closed or reset the connection."""


class Connection:
    """A socket that is always read, so that its end is noticed also while nothing is sent.

    A half-closed connection counts as gone: no HTTP client of a provider sends FIN and waits for the answer.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._incoming = reader
        self._writer = writer
        # Zero: drain() returns when the kernel has all, so that a reset drops no token reported as sent.
        writer.transport.set_write_buffer_limits(high=0)
        self._received = asyncio.StreamReader()
        self._pump = asyncio.create_task(self._receive())
        self.gone_ms: float | None = None

    async def _receive(self) -> None:
        """Read until the other side leaves; the task's end is the sign that it did."""
        with contextlib.suppress(OSError):
            while data := await self._incoming.read(65536):
                self._received.feed_data(data)
        self.gone_ms = now_ms()
        self._received.feed_eof()

    @property
    def is_open(self) -> bool:
        """Whether this side has not hung up."""
        return not self._writer.is_closing()

    async def read_request(self) -> Request | None:
        """Return the next request, None if there is none left; raises BadRequestError."""
        request = await read_head(self._received)
        if request is None:
            return None
        if request.headers.get("expect", "").lower() == "100-continue":
            await self.write(_CONTINUE)
        try:
            return replace(request, body=await read_body(self._received, request.headers))
        except asyncio.IncompleteReadError:
            return None

    async def write(self, *writes: bytes) -> None:
        """Send each as a write of its own; raises ClientGone."""
        for position, data in enumerate(writes):
            if position:
                await asyncio.sleep(0)
            if self._pump.done():
                raise ClientGone
            self._writer.write(data)
            try:
                await self._writer.drain()
            except OSError:
                raise ClientGone from None

    async def pause(self, seconds: float | None) -> None:
        """Do nothing for so long (None: for ever); raises ClientGone as soon as the other side leaves."""
        if seconds == 0:
            await asyncio.sleep(0)
        else:
            await asyncio.wait({self._pump}, timeout=seconds)
        if self._pump.done():
            raise ClientGone

    def reset(self) -> None:
        """Hang up with RST."""
        opened: socket.socket = self._writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._writer.transport.abort()

    def finish(self) -> None:
        """Hang up with FIN."""
        self._writer.close()

    async def closed(self) -> None:
        """Hang up if that is still to be done, and return when the socket is closed."""
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()  # Who cannot take the rest will not take the FIN after it either.
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self._pump.cancel()
        await asyncio.wait({self._pump})
