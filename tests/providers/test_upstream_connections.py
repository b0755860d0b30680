"""Connections to a vendor: when they are used again, and how they end; on both kinds of event loop."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
import uvloop

from certificates import Authority
from llmrpc_server import errors
from llmrpc_server.providers import connection
from llmrpc_server.providers.endpoint import Endpoint
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.upstream import Upstream
from loopback import fetch, listening, request, response, saying

Run = Callable[[Coroutine[Any, Any, Any]], Any]

LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
ANSWER = response(b"{}")
UNASKED = response(b"unasked", status="408 Request Timeout")


class Vendor:
    """A server that works while the test's event loop does not: it hangs up on a kept connection when told to.

    Attributes:
        requests: How many it has read on each connection.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[int] = []
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for opened in self._connections:
            opened.close()

    def hang_up(self, last_words: bytes = b"") -> None:
        """Hang up on the newest connection; returns when the other side's kernel knows."""
        opened = self._connections[-1]
        opened.send(last_words)
        # The thread reads from it: closing alone would not end the connection.
        opened.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        for accepted in iter(self._accept, None):
            threading.Thread(target=self._answer, args=(accepted,), daemon=True).start()

    def _accept(self) -> socket.socket | None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return None
        return accepted if self._tls is None else self._tls.wrap_socket(accepted, server_side=True)

    def _answer(self, opened: socket.socket) -> None:
        self._connections.append(opened)
        self.requests.append(0)
        number = len(self.requests) - 1
        received = b""
        # The other side can hang up with a reset, and this one at any time.
        with contextlib.suppress(OSError):
            while piece := opened.recv(65536):
                received += piece
                if received.endswith(b"\r\n\r\n{}"):
                    received = b""
                    self.requests[number] += 1
                    opened.sendall(ANSWER)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority."""
    return Authority(tmp_path_factory.mktemp("certificates"))


def upstream(address: str, bundle: Path | None = None) -> Upstream:
    """Make the upstream of a server."""
    settings = HttpSettings(base_url=address, ca_bundle=bundle)
    return Upstream("acme", Endpoint(address, ({"Authorization": "Bearer k"},)), settings)


@LOOPS
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_kept_connection_that_was_closed_meanwhile(run: Run, authority: Authority, *, encrypted: bool) -> None:
    """A connection that the vendor has just closed fails no call, even where the event loop does not know yet."""
    with Vendor(authority.server() if encrypted else None) as vendor:
        run(ask_twice(upstream(vendor.address, authority.bundle), vendor.hang_up))

    assert [1, 1] == vendor.requests


@LOOPS
def test_unasked_answers_answer_nothing(run: Run) -> None:
    """What a vendor says on a kept connection before it is asked is not taken for the answer to the next request."""
    with Vendor() as vendor:
        run(ask_twice(upstream(vendor.address), lambda: vendor.hang_up(UNASKED)))

    assert [1, 1] == vendor.requests


@LOOPS
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_kept_connection_is_used_again(run: Run, authority: Authority, *, encrypted: bool) -> None:
    """Calls one after another share a connection."""
    with Vendor(authority.server() if encrypted else None) as vendor:
        run(ask_twice(upstream(vendor.address, authority.bundle), lambda: None))

    assert [2] == vendor.requests


async def ask_twice(asked: Upstream, meanwhile: Callable[[], None]) -> None:
    """Ask, do something without letting the event loop run, ask again."""
    assert b"{}" == (await fetch(asked, "/x", b"{}")).content
    meanwhile()
    assert b"{}" == (await fetch(asked, "/x", b"{}")).content
    await asked.close()


@LOOPS
def test_a_request_that_was_read_is_not_sent_again(run: Run) -> None:
    """A connection closed after a request was read fails the call: the vendor may have begun to work, for money."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the first request of a connection and read the second."""
        seen.append(await request(reader))
        writer.write(ANSWER)
        seen.append(await request(reader))

    async def ask() -> None:
        """Ask twice."""
        async with listening(talk) as address:
            asked = upstream(address)
            await fetch(asked, "/x", b"{}")
            with pytest.raises(errors.ProviderConnection):
                await fetch(asked, "/x", b"{}")
            await asked.close()

    run(ask())
    assert 2 == len(seen)


@LOOPS
@pytest.mark.parametrize("size", [2, 32 * 1024 * 1024])
def test_a_cancelled_request_hangs_up_at_once(run: Run, size: int) -> None:
    """Whoever cancels does not keep the connection, even where the vendor has not read the request to its end."""
    heard: list[int] = []

    async def ask() -> None:
        """Cancel a request once its head is there."""
        arrived, cancelled = asyncio.Event(), asyncio.Event()

        async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            """Read the head, then as much as is there."""
            await reader.readuntil(b"\r\n\r\n")
            arrived.set()
            await cancelled.wait()
            count = 0
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(65536):
                    count += len(piece)
            heard.append(count)

        async with listening(talk) as address:
            asked = upstream(address)
            asking = asyncio.create_task(fetch(asked, "/x", b"x" * size))
            await arrived.wait()
            await asyncio.sleep(0.05)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            cancelled.set()
            async with asyncio.timeout(5):
                while not heard:
                    await asyncio.sleep(0.01)
            await asked.close()

    run(ask())
    # What the sockets held, if anything.
    assert heard[0] < 16 * 1024 * 1024


@LOOPS
@pytest.mark.parametrize("whole", [False, True])
def test_not_http_in_the_middle_of_a_body(run: Run, *, whole: bool) -> None:
    """What is no HTTP ends the answer wherever it stands; nobody waits for more of it."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"

    async def read(asked: Upstream) -> None:
        """Read as much as there is."""
        if whole:
            await fetch(asked, "/x", b"{}")
        async with asked.open("/x", b"{}") as body:
            pieces = body.chunks()
            assert b"one" == await anext(pieces)
            await anext(pieces)

    async def ask() -> None:
        """Read until the failure."""
        async with listening(saying(head, b"not a length\r\n")) as address, asyncio.timeout(5):
            asked = upstream(address)
            with pytest.raises(errors.ProviderBadResponse):
                await read(asked)
            await asked.close()

    run(ask())


@pytest.fixture
def full_house() -> Iterator[str]:
    """Return the address of a server that takes no more connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        guests = [socket.socket() for _ in range(4)]
        for guest in guests:
            guest.settimeout(0)
            guest.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for guest in guests:
            guest.close()


@LOOPS
def test_connecting_takes_no_longer_than_it_may(run: Run, monkeypatch: pytest.MonkeyPatch, full_house: str) -> None:
    """A host that does not answer at all is a timeout, long before the call's own."""
    monkeypatch.setattr("llmrpc_server.providers.upstream._TIMEOUT", aiohttp.ClientTimeout(total=None, connect=0.2))

    async def ask() -> None:
        """Try to connect."""
        asked = upstream(full_house)
        with pytest.raises(errors.ProviderTimeout):
            await fetch(asked, "/x", b"{}")
        await asked.close()

    run(ask())


def test_long_silences_keep_the_connection() -> None:
    """Connections show themselves to firewalls once a minute."""
    with connection._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as made:
        assert 1 == made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert 60 == made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
