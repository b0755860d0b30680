"""A provider that costs nearly nothing, in both wire formats: `python -m bench.canned`.

It looks at the path and at the name of the model, which says how an answer is streamed, and writes bytes made before.
"""

import asyncio
import re
from typing import Final, cast

from typing_extensions import override

from bench import lifetime
from bench.wire import ANTHROPIC, OPENAI, Wire

# Streamed in one write; a model of any other name does so, too.
BURST: Final = "burst"
# Streamed a chunk at a time, so many seconds apart.
PACED: Final = "paced"
LEISURELY: Final = "leisurely"
PACES: Final = {PACED: 0.02, LEISURELY: 0.1}

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_STREAMED = re.compile(rb'"stream": ?true')
_PACED = re.compile(rb'"model": ?"(paced|leisurely)"')
_END_OF_HEAD = b"\r\n\r\n"


class Canned(asyncio.Protocol):
    """One connection; requests follow each other on it."""

    def __init__(self) -> None:
        self._received = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(_END_OF_HEAD)
        if not end:
            return
        length = _LENGTH.search(head + end)
        size = int(length[1]) if length else 0
        if len(rest) >= size:
            self._received = rest[size:]
            self._answer(ANTHROPIC if b"/messages" in head else OPENAI, rest[:size])

    def _answer(self, wire: Wire, body: bytes) -> None:
        if not _STREAMED.search(body):
            self._transport.write(wire.whole)
        elif paced := _PACED.search(body):
            self._transport.write(wire.head)
            self._pace(wire, 0, PACES[paced[1].decode()])
        else:
            self._transport.write(wire.head + b"".join(wire.chunks))

    def _pace(self, wire: Wire, number: int, seconds: float) -> None:
        if number < len(wire.chunks) and not self._transport.is_closing():
            self._transport.write(wire.chunks[number])
            asyncio.get_running_loop().call_later(seconds, self._pace, wire, number + 1, seconds)


async def _start() -> str:
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    return f"{host}:{port}"


if __name__ == "__main__":
    lifetime.run(_start)
