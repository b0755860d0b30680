"""Raw requests to the fault-injecting provider, what came back over the socket, and the vendors' own SDKs."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest

from fault_provider import FaultProvider, ThreadedFaultProvider

OPENAI, RESPONSES, ANTHROPIC, COHERE = "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v2/chat"
ALL = (OPENAI, RESPONSES, ANTHROPIC, COHERE)
PATHS = pytest.mark.parametrize("path", ALL)
HELLO = [{"role": "user", "content": "Why is the sky blue?"}]

_OWN_NAMES = {
    OPENAI: {},
    RESPONSES: {"messages": "input", "max_tokens": "max_output_tokens"},
    ANTHROPIC: {"stop": "stop_sequences"},
    COHERE: {"stop": "stop_sequences", "top_p": "p"},
}
"""What Chat Completions calls otherwise."""


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
    def body(self) -> bytes:
        """The body without its codings."""
        data = b"".join(self.chunks) if "transfer-encoding: chunked" in self.head else self.sent
        return (
            zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data) if "content-encoding: gzip" in self.head else data
        )

    @property
    def events(self) -> list[bytes]:
        """The complete SSE events."""
        return self.body.split(b"\n\n")[:-1]

    @property
    def values(self) -> list[Any]:
        """The JSON of the events that are JSON."""
        return list(_values(self.events))

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The text of a streamed answer."""
        return "".join(_token(value) for value in self.values)


def _chunks(body: bytes) -> Iterator[bytes]:
    """Yield complete chunks, and what there is of the last."""
    while body:
        size, _, body = body.partition(b"\r\n")
        yield body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


def _values(events: list[bytes]) -> Iterator[Any]:
    """Yield what is JSON."""
    for event in events:
        with contextlib.suppress(ValueError):
            yield json.loads(event.rpartition(b"data: ")[2])


def _token(value: Any) -> str:
    """Return the token in an event of any wire format, if it holds one of the text."""
    delta = value.get("delta") or {}
    match value.get("type"):
        case None:
            return "".join(choice["delta"].get("content") or "" for choice in value.get("choices", ()))
        case "response.output_text.delta":
            return str(delta)
        case "content_block_delta":
            return str(delta.get("text", ""))
        case "content-delta":
            return str(delta["message"]["content"].get("text", ""))
    return ""


def text_of(path: str, body: Any) -> str:
    """Return the text of an unstreamed answer."""
    match path:
        case "/v1/chat/completions":
            return body["choices"][0]["message"]["content"] or ""
        case "/v1/responses":
            parts = [part for item in body["output"] for part in item.get("content", ())]
        case "/v1/messages":
            parts = body["content"]
        case _:
            parts = body["message"].get("content", ())
    return "".join(part.get("text", "") for part in parts)


def request_for(path: str, model: str, *, stream: bool = True, close: bool = True, **fields: Any) -> bytes:
    """Return a request with a key for all wire formats; fields by the names of Chat Completions."""
    asked = {"max_tokens": 100, "messages": HELLO, **fields}
    own = {_OWN_NAMES[path].get(name, name): value for name, value in asked.items()}
    body = {"model": model, "stream": stream, **own}
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
