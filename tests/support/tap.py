"""A wire tap: passes the bytes between a client and a server on, and keeps what the server said."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Tap:
    """What was heard."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard = bytearray()

    def payload(self) -> bytes:
        """Return the body of the last HTTP response, read independently of the server's own client."""
        _, _, response = bytes(self.heard).rpartition(b"HTTP/1.1 ")
        head, _, body = response.partition(b"\r\n\r\n")
        return _unchunked(body) if re.search(rb"(?i)transfer-encoding: *chunked", head) else body


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return whole
        whole, body = whole + rest[:length], rest[length + 2 :]
    raise AssertionError("the body has no last chunk")


@contextlib.asynccontextmanager
async def tapped(base_url: str) -> AsyncIterator[Tap]:
    """Listen in between: hand out a tap whose address stands for that of `base_url`."""
    upstream = urlsplit(base_url)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass the bytes of one connection on, both ways."""
        with contextlib.closing(writer):
            up_reader, up_writer = await asyncio.open_connection(upstream.hostname, upstream.port)
            with contextlib.closing(up_writer):
                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(_pass_on(reader, up_writer))
                        both.create_task(_pass_on(up_reader, writer, tap.heard))
                except* OSError:
                    pass

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    tap = Tap(f"http://{host}:{port}")
    try:
        yield tap
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray | None = None) -> None:
    while piece := await reader.read(65536):
        if heard is not None:
            heard.extend(piece)
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
