"""Requests to a vendor and its answers, on both kinds of event loop."""

import asyncio
import gc
import gzip
import json
import socket
import zlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from llmrpc_server import errors
from llmrpc_server.providers.endpoint import Endpoint
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.upstream import Upstream
from loopback import fetch, listening, request, response, saying

Run = Callable[[Coroutine[Any, Any, Any]], Any]

LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
JSON = "Content-Type: Application/JSON; charset=utf-8"


def upstream(address: str, *keys: str) -> Upstream:
    """Make the upstream of a server without certificates."""
    headers = tuple({"Authorization": f"Bearer {key}", "User-Agent": "test"} for key in keys or ("k",))
    return Upstream("acme", Endpoint(address, headers), HttpSettings(base_url=address))


async def fetched(answer: bytes) -> bytes:
    """Fetch an answer; return its content."""
    async with listening(saying(answer)) as address:
        return await content(upstream(address))


async def content(asked: Upstream) -> bytes:
    """Fetch, and close; return the content."""
    try:
        return (await fetch(asked, "/x", b"{}")).content
    finally:
        await asked.close()


@LOOPS
def test_a_whole_answer(run: Run) -> None:
    """A whole answer is its content, what kind it is, its headers by any name, and the vendor's id for it."""

    async def ask() -> None:
        """Ask once."""
        async with listening(saying(response(b'{"a": 1}', JSON, "X-Request-Id: r1"))) as address:
            asked = upstream(address)
            answer = await fetch(asked, "/x", b"{}")
            await asked.close()

        assert (b'{"a": 1}', "application/json", "r1") == (
            answer.content,
            answer.body.content_type,
            answer.body.request_id,
        )
        assert "r1" == answer.body.headers["x-request-ID"]

    run(ask())


@pytest.mark.parametrize("status", ["200 OK", "500 Oh"])
async def test_headers_that_are_no_text(status: str) -> None:
    """Whatever bytes a header has, a message can hold what is left of it; another header suffers nothing."""
    async with listening(saying(response(b"{}", "X-Request-Id: \xff\xc3\xa4-1", JSON, status=status))) as address:
        asked = upstream(address)
        try:
            answer = await fetch(asked, "/x", b"{}")
            found = answer.body.request_id
            assert "application/json" == answer.body.content_type
        except errors.ProviderFailed as error:
            found = error.request_id
        await asked.close()

    assert "\ufffdä-1" == found


@LOOPS
def test_a_body_comes_as_it_is_sent(run: Run) -> None:
    """A body is handed out piece by piece, without waiting for its end, after what the head says."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nRequest-Id: r2\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def ask() -> None:
        """Take the first piece before the second is sent."""
        more = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Wait between two pieces."""
            await request(reader)
            writer.write(head + b"3\r\none\r\n")
            await more.wait()
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

        async with listening(talk) as address:
            asked = upstream(address)
            async with asked.open("/x", b"{}") as body:
                assert ("text/event-stream", "r2") == (body.content_type, body.request_id)
                pieces = []
                async for piece in body.chunks():
                    pieces.append(piece)
                    more.set()
            await asked.close()

        assert [b"one", b"two"] == pieces

    run(ask())


@LOOPS
def test_what_is_asked(run: Run) -> None:
    """A request has its body, the endpoint's headers and its own, the encodings that can be decoded, and no cookie."""
    heads: list[bytes] = []

    async def ask() -> None:
        """Ask twice."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Note what was asked."""
            heads.append(await request(reader))
            writer.write(response(b"{}", "Set-Cookie: a=b; Path=/", "Connection: close"))

        async with listening(talk) as address:
            asked = upstream(f"{address}/v1/", "one", "two")
            for _ in range(2):
                await fetch(asked, "/chat", b"[1, 2]")
            await fetch(asked, "/chat", b"[1, 2]", {"X-More": "b"})
            await asked.close()

    run(ask())
    lines = [head.decode().lower().split("\r\n") for head in heads]
    assert ["post /v1/chat http/1.1"] * 3 == [line[0] for line in lines]
    assert ["one", "two", "one"] == [header(line, "authorization").removeprefix("bearer ") for line in lines]
    assert {"6"} == {header(line, "content-length") for line in lines}
    assert {"test"} == {header(line, "user-agent") for line in lines}
    assert {""} == {header(line, "cookie") for line in lines}
    assert ["", "", "b"] == [header(line, "x-more") for line in lines]
    assert all({"gzip", "deflate"} <= set(header(line, "accept-encoding").split(", ")) for line in lines)


def header(lines: list[str], name: str) -> str:
    """Return the value of a request's header; empty where there is none."""
    values = [line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:")]
    assert len(values) <= 1
    return "".join(values)


def test_works_in_a_loop_that_came_later() -> None:
    """It may be made where no loop runs; closed, it leaves nothing open that would be complained of."""

    async def ask(asked: Upstream) -> None:
        """Fail, and close; closing twice is no harm."""
        with pytest.raises(errors.ProviderConnection):
            await content(asked)
        await asked.close()

    asyncio.run(ask(upstream("http://127.0.0.1:9")))
    gc.collect()


def raw_deflate(text: bytes) -> bytes:
    """Compress as some servers do that say deflate: without zlib's own head and end."""
    return zlib.compress(text)[2:-4]


@LOOPS
@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]
)
def test_compressed_answers(run: Run, encoding: str, encode: Callable[[bytes], bytes]) -> None:
    """A compressed body is handed out as it was before."""
    text = json.dumps({"text": "again " * 10_000}).encode()

    assert text == run(fetched(response(encode(text), f"Content-Encoding: {encoding}")))


@LOOPS
@pytest.mark.parametrize(
    "answer",
    [
        response(b"nope", "Content-Encoding: gzip"),
        response(b"nope", "Content-Encoding: deflate"),
        response(b"nope", "Content-Encoding: br"),
        response(b"nope", "Content-Encoding: zstd"),
        response(gzip.compress(b"text", mtime=0) + b"nope", "Content-Encoding: gzip"),
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_cannot_be_read(run: Run, answer: bytes) -> None:
    """What is not HTTP, or cannot be decompressed, is the vendor's bad response; nothing of it is quoted."""
    with pytest.raises(errors.ProviderBadResponse) as failed:
        run(fetched(answer))

    assert "acme sent what is not HTTP, or cannot be decompressed" == failed.value.message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", errors.ProviderConnection),
        (b"HTTP/1.1 200 OK\r\nContent-", errors.ProviderConnection),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", errors.ProviderStreamBroken),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", errors.ProviderStreamBroken),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", errors.ProviderStreamBroken),
    ],
)
@LOOPS
def test_what_breaks_off(run: Run, answer: bytes, expected: type[errors.ProviderError]) -> None:
    """A connection lost before the answer has begun is another failure than one lost in its middle."""
    with pytest.raises(expected):
        run(fetched(answer))


@LOOPS
@pytest.mark.parametrize("breaks", ["closed", "reset", "no HTTP"])
def test_what_came_before_the_break_is_read(run: Run, breaks: str) -> None:
    """However late somebody reads, what the vendor said before its connection broke is heard, and then the break."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def ask() -> None:
        """Read when all is over."""
        broken = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Say two words and break off."""
            await request(reader)
            writer.write(head + b"4\r\none \r\n4\r\ntwo \r\n")
            # Later than the words: a reset would overtake them.
            await asyncio.sleep(0.2)
            if breaks == "no HTTP":
                writer.write(b"no chunk\r\n")
            elif breaks == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.close()
            broken.set()

        async with listening(talk) as address:
            asked = upstream(address)
            async with asked.open("/x", b"{}") as body:
                await broken.wait()
                await asyncio.sleep(0.2)
                chunks = body.chunks()
                assert b"one two " == await anext(chunks)
                with pytest.raises(errors.ProviderError):
                    await anext(chunks)
            await asked.close()

    run(ask())
