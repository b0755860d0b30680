"""How much of an answer is read, and for how long."""

import asyncio
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest

from llmrpc_server import errors
from llmrpc_server.providers import body as bodies
from llmrpc_server.providers.endpoint import Endpoint
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.upstream import Upstream
from loopback import Talk, fetch, listening, request, response, saying

MIB = 1024 * 1024
TOO_LONG = {"error": {"code": "context_length_exceeded", "message": "x"}}


def upstream(address: str) -> Upstream:
    """Make the upstream of a server."""
    return Upstream("acme", Endpoint(address, ({"Authorization": "Bearer k"},)), HttpSettings(base_url=address))


async def failure(talk: Talk, size: int = 2) -> errors.ProviderError:
    """Return the error that a request of so many bytes ends with."""
    async with listening(talk) as address:
        asked = upstream(address)
        with pytest.raises(errors.ProviderError) as failed:
            await fetch(asked, "/x", b" " * size)
        await asked.close()
    return failed.value


def bomb(size: int) -> bytes:
    """Compress so many zeros."""
    packer = zlib.compressobj(9, wbits=31)
    packed = [packer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join((*packed, packer.flush()))


def endless(*headers: str, status: str = "200 OK", piece: bytes = b" " * 65536) -> Talk:
    """Answer with a body that never ends."""
    head = "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send until the other side has had enough."""
        await request(reader)
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return talk


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Return a function that tells how many bytes were in use at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


async def test_a_bomb(peak: Callable[[], int]) -> None:
    """A body that decompresses to 256 MiB is refused once it has been read as far as the limit, in little memory."""
    packed = bomb(256 * MIB)
    before = peak()
    failed = await failure(saying(response(packed, "Content-Encoding: gzip")))

    assert errors.ProviderBadResponse is type(failed)
    assert f"acme sent an answer of more than {64 * MIB} bytes" == failed.message
    assert peak() - before < 80 * MIB


async def test_a_streamed_bomb(peak: Callable[[], int]) -> None:
    """However well a stream is compressed, it is handed out in pieces of which each is small."""
    packed = bomb(128 * MIB)
    before, total = peak(), 0
    async with listening(saying(response(packed, "Content-Encoding: gzip"))) as address:
        asked = upstream(address)
        async with asked.open("/x", b"{}") as body:
            async for piece in body.chunks():
                total += len(piece)
        await asked.close()

    assert 128 * MIB == total
    assert peak() - before < 8 * MIB


@pytest.mark.parametrize("size", [0, 1, 1000, 3 * MIB])
async def test_up_to_the_limit(size: int) -> None:
    """A body as long as the limit is read, one byte more is too much."""
    text = b"x" * size
    async with listening(saying(response(text))) as address:
        asked = upstream(address)
        async with asked.open("/x", b"{}") as body:
            assert text == await body.whole(size)
        async with asked.open("/x", b"{}") as body:
            if size:
                with pytest.raises(errors.ProviderBadResponse):
                    await body.whole(size - 1)
        await asked.close()


@pytest.mark.parametrize(
    "fields",
    [
        [f"Content-Security-Policy: {'x' * 32768}"],
        [f"X-Field-{number}: {'x' * 32}" for number in range(500)],
    ],
)
async def test_a_long_head(fields: list[str]) -> None:
    """A head may be as long as those that the SDKs' own clients take."""
    async with listening(saying(response(b"{}", *fields))) as address:
        asked = upstream(address)
        assert b"{}" == (await fetch(asked, "/x", b"{}")).content
        await asked.close()


async def test_a_head_without_end() -> None:
    """A head of more fields than that is no answer."""
    failed = await failure(saying(response(b"{}", *(f"X-Field-{number}: x" for number in range(5000)))))

    assert errors.ProviderBadResponse is type(failed)


async def test_an_answer_without_end() -> None:
    """An answer that never ends is no answer, and its connection is closed."""
    failed = await failure(endless())

    assert errors.ProviderBadResponse is type(failed)


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (endless(status="503 Busy"), errors.ProviderUnavailable),
        (endless(status="429 Slow Down"), errors.ProviderRateLimited),
        (saying(b"HTTP/1.1 529 Busy\r\nContent-Length: 99\r\n\r\nhalf"), errors.ProviderOverloaded),
        (saying(response(b"nope", "Content-Encoding: gzip", status="401 No")), errors.ProviderCredentials),
        (saying(response(b"", status="307 Elsewhere")), errors.ProviderBadResponse),
        (saying(response(b"", status="407 Who")), errors.ProviderConnection),
        (saying(response(json.dumps(TOO_LONG).encode(), status="400 Bad")), errors.ContextLengthExceeded),
        (saying(response(bomb(4 * MIB), "Content-Encoding: gzip", status="400 B")), errors.ProviderInvalidRequest),
        (saying(response(b"[" * 4096, status="503 Busy")), errors.ProviderUnavailable),
        (saying(response(b'{"error":' * 4096, status="400 Bad")), errors.ProviderInvalidRequest),
    ],
)
async def test_refusals(talk: Talk, expected: type[errors.ProviderError]) -> None:
    """A refusal's status counts, whether or not its body can be read; what follows its first MiB is not."""
    failed = await failure(talk)

    assert expected is type(failed)


async def test_a_refusal_before_the_request_is_there() -> None:
    """A vendor may refuse a long request before it has read it: what it says is heard."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the head, and read on."""
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response(b"{}", status="413 Too Large"))
        while await reader.read(65536):
            pass

    assert errors.ProviderRequestTooLarge is type(await failure(talk, 32 * MIB))


async def test_a_refusal_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for the body of a refusal."""
    monkeypatch.setattr("llmrpc_server.providers.upstream._REFUSAL_SECONDS", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send the head alone."""
        await request(reader)
        writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\nX-Request-Id: r1\r\n\r\n")
        await asyncio.sleep(30)

    began = time.monotonic()
    failed = await failure(talk)

    assert (errors.ProviderFailed, 500, "r1") == (type(failed), failed.http_status, failed.request_id)
    assert time.monotonic() - began < 5


def test_the_limit_is_that_of_the_design() -> None:
    """A whole answer may take 64 MiB."""
    assert 64 * MIB == bodies.MAX_BODY_BYTES
