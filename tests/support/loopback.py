"""Servers of a test's own on 127.0.0.1, in its event loop: what they say is the test's, down to the byte."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from llmrpc_server.providers.body import Body
from llmrpc_server.providers.upstream import Upstream

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Let `talk` have each connection, and close it after that; hand out the address."""
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Have one conversation; a client may leave in the middle of it."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Have it in a task that ends with the server."""
        task = asyncio.create_task(converse(reader, writer))
        conversations.add(task)
        task.add_done_callback(conversations.discard)
        task.add_done_callback(lambda _: writer.close())

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        for task in tuple(conversations):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


@dataclass(frozen=True)
class Fetched:
    """An answer that is all there."""

    body: Body
    content: bytes


async def fetch(asked: Upstream, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Fetched:
    """Send a request and read all of its answer."""
    async with asked.open(path, body, headers) as answer:
        return Fetched(answer, await answer.whole())


async def request(reader: asyncio.StreamReader) -> bytes:
    """Read a request to its end; return its head."""
    head = await reader.readuntil(b"\r\n\r\n")
    await body_of(reader, head)
    return head


async def body_of(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """Read the body that follows a head."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.partition(b":")[2]))
    return b""


def saying(*pieces: bytes, apart: float = 0.02) -> Talk:
    """Answer each request with these bytes, and hang up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say it."""
        await request(reader)
        for number, piece in enumerate(pieces):
            await asyncio.sleep(apart if number else 0)
            writer.write(piece)
            await writer.drain()

    return talk


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Write a whole answer."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body
