"""What the exceptions of HTTP clients mean: real ones of aiohttp, httpx2 and httpx, and of an SDK that wraps them."""

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from certificates import Authority
from llmrpc_server import errors
from llmrpc_server.providers.transport_errors import to_error
from loopback import Talk, listening, request, response, saying
from providers.http_clients import CLIENTS, EVERY_CLIENT, SECONDS, Failure

Kind = type[errors.ProviderError]

CONNECTION, BROKEN, BAD, TIMEOUT = (
    errors.ProviderConnection,
    errors.ProviderStreamBroken,
    errors.ProviderBadResponse,
    errors.ProviderTimeout,
)
# A timeout that a test waits for.
SOON = 0.3
# Whatever a message holds, none of this.
SECRETS = ("127.0.0.1", "http:", "https:", "sk-marker", "user", "password", "/v1")


async def meaning(
    client: str, address: str, proxy: str | None = None, *, read: float = SECONDS
) -> errors.ProviderError:
    """Ask, and return what the failure means."""
    with pytest.raises(Failure) as failed:
        await CLIENTS[client](address, proxy, read)
    cause = failed.value.__cause__
    assert cause is not None
    error = to_error("acme", cause, answering=failed.value.answering)
    assert error is not None, repr(cause)
    assert not any(secret in error.message for secret in SECRETS), error.message
    return error


def unsent(error: errors.ProviderError) -> bool:
    """Tell whether an error says that the vendor never got the request."""
    return isinstance(error, errors.ProviderConnection) and not error.sent


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hang up with a reset."""
    await request(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


def stalling(*pieces: bytes) -> Talk:
    """Say that, and then no more."""
    return saying(*pieces, b"", apart=SECONDS + 30)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ENDS: dict[str, tuple[Talk, Kind]] = {
    "reset": (resetting, CONNECTION),
    "closed": (saying(), CONNECTION),
    "half a head": (saying(b"HTTP/1.1 200 OK\r\nConte"), CONNECTION),
    "silent": (stalling(b""), TIMEOUT),
    "not http": (saying(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), BAD),
    "short": (saying(OK + b"Content-Length: 99\r\n\r\nda", b"ta"), BROKEN),
    "cut": (saying(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nda\r\n", b"9\r\nta"), BROKEN),
    "stalled": (stalling(OK + b"Content-Length: 99\r\n\r\ndata"), TIMEOUT),
    "bad gzip": (saying(response(b"nope" * 9, "Content-Encoding: gzip")), BAD),
    "bad gzip later": (
        saying(
            OK + b"Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\n" + gzip.compress(b"x", mtime=0)[:12],
            b"\xff" * 80,
        ),
        BAD,
    ),
}


@EVERY_CLIENT
@pytest.mark.parametrize("end", ENDS)
async def test_how_an_answer_can_fail(client: str, end: str) -> None:
    """Whatever the client, a lost connection, a timeout and what cannot be read mean the same."""
    talk, expected = ENDS[end]
    async with listening(talk) as address:
        error = await meaning(client, address, read=SOON if expected is TIMEOUT else SECONDS)

    assert expected is type(error)
    # The vendor has the request.
    assert getattr(error, "sent", True)


@EVERY_CLIENT
async def test_nobody_listens(client: str) -> None:
    """A refused connection is told without an address."""
    error = await meaning(client, "http://127.0.0.1:9")

    assert (CONNECTION, "the connection to acme failed") == (type(error), error.message)
    assert unsent(error)


@EVERY_CLIENT
async def test_no_such_host(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address is no connection."""

    def unknown(*_: object, **__: object) -> list[Any]:
        """Know no host."""
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = await meaning(client, "http://acme.example")

    assert (CONNECTION, "the connection to acme failed: the host name cannot be resolved") == (
        type(error),
        error.message,
    )
    assert unsent(error)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority that no client knows."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@EVERY_CLIENT
async def test_certificates(client: str, authority: Authority) -> None:
    """A certificate of an authority that is not trusted is told, and why."""
    async with listening(saying(response(b"{}")), authority.server()) as address:
        error = await meaning(client, address)

    expected = "the connection to acme failed: its certificate is not trusted (unable to get local issuer certificate)"
    assert (CONNECTION, expected) == (type(error), error.message)
    assert unsent(error)


@EVERY_CLIENT
async def test_no_encryption(client: str) -> None:
    """A server that does not speak TLS is told as such."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what cannot be read."""
        await reader.read(65536)
        writer.write(response(b"{}", status="400 Bad Request"))

    async with listening(talk) as address:
        error = await meaning(client, address.replace("http:", "https:"))

    assert (CONNECTION, "the connection to acme failed: no encryption could be agreed on") == (
        type(error),
        error.message,
    )
    assert unsent(error)


@EVERY_CLIENT
@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway", "403 No"])
async def test_proxies(client: str, status: str) -> None:
    """A proxy that makes no tunnel stands in the way; neither its words nor its credentials are told."""
    async with listening(saying(response(b"sk-marker", status=status))) as proxy:
        error = await meaning(client, "https://acme.example", proxy.replace("//", "//user:password@"))

    assert (CONNECTION, "the connection to acme failed: the proxy does not let us through") == (
        type(error),
        error.message,
    )
    assert unsent(error)


async def statuses() -> AsyncIterator[Exception]:
    """Make the exceptions by which clients tell of a status that nobody wants."""
    async with listening(saying(response(b"{}", status="500 Oh"))) as address:
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            with pytest.raises(aiohttp.ClientResponseError) as first:
                await session.get(address)
        yield first.value
        for library in (httpx, httpx2):
            async with library.AsyncClient() as client:
                with pytest.raises(library.HTTPStatusError) as second:
                    (await client.get(address)).raise_for_status()
            yield second.value


async def test_statuses_are_no_transport() -> None:
    """A status is not for the transport to judge, whatever a client makes of it."""
    assert [None] * 3 == [to_error("acme", error) async for error in statuses()]


@pytest.mark.parametrize(
    "error",
    [ValueError(), KeyError("x"), FileNotFoundError(2, "x"), asyncio.CancelledError(), json.JSONDecodeError("", "", 0)],
)
def test_what_no_transport_raises(error: BaseException) -> None:
    """A fault of any other kind means nothing here."""
    assert to_error("acme", error) is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError(104, "x"), CONNECTION),
        (BrokenPipeError(32, "x"), CONNECTION),
        (OSError(113, "No route to host"), CONNECTION),
        (ssl.SSLError(1, "x"), CONNECTION),
        (TimeoutError(), TIMEOUT),
        (httpx.ReadTimeout("x"), TIMEOUT),
        (httpx2.PoolTimeout("x"), TIMEOUT),
        (httpx.UnsupportedProtocol("x"), CONNECTION),
    ],
)
def test_bare_exceptions(error: Exception, expected: Kind) -> None:
    """The system's exceptions mean the same as a library's, and one without a cause means what it says."""
    assert expected is type(to_error("acme", error))


def test_nothing_is_loaded_for_it(tmp_path: Path) -> None:
    """To tell that an exception is of no library, none is loaded."""
    program = (
        "import sys\n"
        "from llmrpc_server.providers import transport_errors\n"
        "assert transport_errors.to_error('acme', OSError(113, 'x')) is not None\n"
        "assert transport_errors.to_error('acme', ValueError()) is None\n"
        "assert not {'aiohttp', 'httpx', 'httpx2', 'openai'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
