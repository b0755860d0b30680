"""Connections to a vendor: aiohttp's, but for what it leaves to chance."""

import functools
import select
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override

_IDLE_SECONDS = 15.0
# A vendor can think for minutes without a word; where a firewall has forgotten the connection by then, this is noticed.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
        if hasattr(socket, name)
    ),
)
_CLOSED = getattr(select, "POLLRDHUP", select.POLLHUP)


def _nobody() -> None:
    """Be nobody who wants to know."""


# Called when a request of this task has its connection: from then on the vendor can read it.
on_connected: ContextVar[Callable[[], None]] = ContextVar("on_connected", default=_nobody)


class Connector(aiohttp.TCPConnector):
    """Makes connections and keeps those that can be used again.

    How many there are is for the server's limits to say, not for a pool.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(limit=0, keepalive_timeout=_IDLE_SECONDS, socket_factory=_socket, ssl=tls or True)
        connection: type[ResponseHandler] = _Connection
        self._factory = functools.partial(connection, loop=self._loop)

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        """Return a connection for a request, which is sent next."""
        connection = await super().connect(req, traces, timeout)
        on_connected.get()()
        return connection


class _Connection(ResponseHandler):
    """One connection."""

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._poll = select.poll()
        # What comes unasked over TLS can be its own affair, a session ticket; else it is no answer to anything.
        unasked = 0 if transport.get_extra_info("sslcontext") else select.POLLIN
        self._poll.register(transport.get_extra_info("socket").fileno(), _CLOSED | unasked)

    @override
    def is_connected(self) -> bool:
        """Tell whether a kept connection can take a request.

        The vendor may have closed it so lately that the event loop does not know yet. A request that is sent all the
        same is lost, and cannot be sent again: nobody knows whether it was read.
        """
        return super().is_connected() and not self.should_close and not self._poll.poll(0)

    @override
    def close(self) -> None:
        """Hang up at once: who cancels a call does not wait until the vendor has read the rest of a long request."""
        self.abort()

    @override
    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Tell whoever reads the body, too: after what is not HTTP in its middle nothing else would."""
        super().set_exception(exc, exc_cause or exc)
        body = self._payload
        if isinstance(exc, HttpProcessingError) and body is not None and not body.is_eof():
            failure = aiohttp.ClientPayloadError(str(exc))
            failure.__cause__ = exc
            body.set_exception(failure)


def _socket(address: Any) -> socket.socket:
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    for level, option, value in _KEEPALIVE:
        made.setsockopt(level, option, value)
    return made
