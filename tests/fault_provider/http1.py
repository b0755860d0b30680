"""HTTP/1.1 by hand: as much as a provider needs."""

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

LAST_CHUNK = b"0\r\n\r\n"


class BadRequestError(Exception):
    """What came is not HTTP/1.1."""


@dataclass(frozen=True)
class Request:
    """One request; header names are lowercase."""

    method: str
    path: str
    """Without the query."""
    headers: dict[str, str]
    body: bytes
    keep_alive: bool


async def read_head(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request without its body, None if there is none left; raises BadRequestError."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.strip("\r\n").split("\r\n")
        method, target, version = request_line.split(" ")
    except asyncio.IncompleteReadError:
        return None
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise BadRequestError(str(error)) from None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    options = headers.get("connection", "").lower()
    keep_alive = "close" not in options and version == "HTTP/1.1"
    return Request(method, target.partition("?")[0], headers, b"", keep_alive)


async def read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    """Return a request's body; raises IncompleteReadError if it breaks off, BadRequestError if it is none."""
    try:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            return await reader.readexactly(int(headers.get("content-length", "0")))
        chunks = []
        while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        while (await reader.readuntil(b"\r\n")) != b"\r\n":
            pass
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise BadRequestError(str(error)) from None
    return b"".join(chunks)


def render_head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return status line, headers and the blank line."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Overloaded" if status == 529 else "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pieces(data: bytes, size: int | None) -> Iterator[bytes]:
    """Yield the data in pieces of `size` bytes, or as one."""
    step = size or len(data) or 1
    return (data[at : at + step] for at in range(0, len(data), step))


def chunk(data: bytes) -> bytes:
    """Return the data as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Encoder:
    """A body's content coding: gzip, flushed with each piece, or none."""

    def __init__(self, *, gzip: bool) -> None:
        self.headers = {"content-encoding": "gzip"} if gzip else {}
        self._gzip = zlib.compressobj(wbits=zlib.MAX_WBITS | 16) if gzip else None

    def encode(self, data: bytes, *, ends: bool) -> bytes:
        """Return the next piece's bytes on the wire."""
        if self._gzip is None:
            return data
        return self._gzip.compress(data) + self._gzip.flush(zlib.Z_FINISH if ends else zlib.Z_SYNC_FLUSH)
