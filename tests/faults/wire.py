"""Raw requests to the fault-injecting provider, what came back over the socket, and the vendors' own SDKs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest

from fault_provider import FaultProvider, ThreadedFaultProvider

OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
PATHS = pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
HELLO = [{"role": "user", "content": "Why is the sky blue?"}]


@dataclass
class Raw:
    """What came over the socket, and how it ended."""

    data: bytes
    ending: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.data.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        """Status line and headers."""
        return self.data.partition(b"\r\n\r\n")[0].decode()

    @property
    def sent(self) -> bytes:
        """The body as it was on the wire."""
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def chunks(self) -> list[bytes]:
        """The chunks of a chunked body."""
        return list(_chunks(self.sent))

    @property
    def events(self) -> list[bytes]:
        """The complete SSE events."""
        return b"".join(self.chunks).split(b"\n\n")[:-1]

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.sent)

    @property
    def text(self) -> str:
        """The text of a streamed answer."""
        return "".join(_token(event) for event in self.events)


def _chunks(body: bytes) -> Iterator[bytes]:
    """Yield complete chunks, and what there is of the last."""
    while body:
        size, _, body = body.partition(b"\r\n")
        yield body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


def _token(event: bytes) -> str:
    """Return the token in an event, if it holds one."""
    with contextlib.suppress(ValueError):
        value = json.loads(event.rpartition(b"data: ")[2])
        for choice in value.get("choices", ()):
            return str(choice["delta"].get("content", ""))
        return str((value.get("delta") or {}).get("text", ""))
    return ""


def request_for(path: str, model: str, *, stream: bool = True, close: bool = True, **fields: Any) -> bytes:
    """Return a request with a key for both wire formats."""
    body = {"model": model, "stream": stream, "max_tokens": 100, "messages": HELLO, **fields}
    return http("POST", path, json.dumps(body).encode(), close=close)


def http(method: str, path: str, body: bytes = b"", *, close: bool = True) -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nauthorization: Bearer k\r\n"
    head += "anthropic-version: 2023-06-01\r\n" + ("connection: close\r\n" if close else "")
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


@contextlib.asynccontextmanager
async def connected(
    provider: FaultProvider,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield a connection; closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(provider.base_url.rsplit(":", 1)[1]))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def exchange(provider: FaultProvider, request: bytes) -> Raw:
    """Send a request and read until the provider hangs up."""
    data = b""
    async with connected(provider) as (reader, writer):
        writer.write(request)
        try:
            while received := await reader.read(65536):
                data += received
        except ConnectionResetError:
            return Raw(data, "RST")
    return Raw(data, "FIN")


async def ask(provider: FaultProvider, path: str, model: str, **fields: Any) -> Raw:
    """Ask and read until the provider hangs up."""
    return await exchange(provider, request_for(path, model, **fields))


def openai_sdk(provider: FaultProvider | ThreadedFaultProvider) -> openai.AsyncOpenAI:
    """Return OpenAI's SDK without retries."""
    return openai.AsyncOpenAI(base_url=f"{provider.base_url}/v1", api_key="sk-test", max_retries=0)


def anthropic_sdk(provider: FaultProvider | ThreadedFaultProvider) -> anthropic.AsyncAnthropic:
    """Return Anthropic's SDK without retries."""
    return anthropic.AsyncAnthropic(base_url=provider.base_url, api_key="sk-ant-test", max_retries=0)
