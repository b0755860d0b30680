"""What can stand between the server and a provider: a proxy, and the provider's own encryption."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from loopback import body_of, listening

_LAST = ("Connection: close",)


class Proxy:
    """A proxy that forwards requests and makes tunnels.

    Attributes:
        address: Scheme, host and port.
        asked: The first line of each request.
        credentials: What each request said of the client; empty where it said nothing.
    """

    def __init__(self, refusal: bytes) -> None:
        self.address = ""
        self.asked: list[str] = []
        self.credentials: list[str] = []
        self._refusal = refusal

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, version = first.split(" ")
        self.asked.append(f"{method} {target}")
        self.credentials.append(_credentials(headers))
        if self._refusal:
            writer.write(self._refusal)
            return
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _join(reader, writer, f"//{target}")
            return
        own = [line for line in headers if not line.lower().startswith("proxy-authorization:")]
        head = "\r\n".join((f"{method} {urlsplit(target).path} {version}", *own, *_LAST, "", "")).encode("latin-1")
        writer.write(await _forwarded(target, head + await body_of(reader, head)))


@contextlib.asynccontextmanager
async def proxying(refusal: bytes = b"", tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Run a proxy, which answers every request with a refusal if there is one."""
    proxy = Proxy(refusal)
    async with listening(proxy.talk, tls) as proxy.address:
        yield proxy


@contextlib.asynccontextmanager
async def encrypted(address: str, tls: ssl.SSLContext) -> AsyncIterator[str]:
    """Stand before a server and speak TLS for it; hand out the address that stands for its own."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what is said."""
        await _join(reader, writer, address)

    async with listening(talk, tls) as own:
        yield own


def _credentials(headers: list[str]) -> str:
    for line in headers:
        name, _, value = line.partition(": ")
        if name.lower() == "proxy-authorization":
            return base64.b64decode(value.removeprefix("Basic ")).decode()
    return ""


async def _forwarded(target: str, request: bytes) -> bytes:
    """Return the whole answer to a request, the last one of its connection."""
    url = urlsplit(target)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    with contextlib.closing(writer):
        writer.write(request)
        head, end, body = (await reader.read()).partition(b"\r\n\r\n")
    return b"\r\n".join((head, *(line.encode() for line in _LAST))) + end + body


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
    """Pass on what a client and a server say, until one of them leaves."""
    url = urlsplit(address)
    up_reader, up_writer = await asyncio.open_connection(url.hostname, url.port)
    directions = {asyncio.create_task(_pass_on(reader, up_writer)), asyncio.create_task(_pass_on(up_reader, writer))}
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        up_writer.close()
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
