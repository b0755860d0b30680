"""Sockets for pymemcache, whose timeout is for each read alone: a server that drips would never be at its end.

This module stands where pymemcache expects Python's `socket`.
"""

import math
import socket as _socket
import time
from socket import AF_UNIX, AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo
from typing import Any

from typing_extensions import override

__all__ = ["AF_UNIX", "AF_UNSPEC", "IPPROTO_TCP", "SOCK_STREAM", "TCP_NODELAY", "getaddrinfo", "socket"]


class socket(_socket.socket):  # noqa: N801 - the name that pymemcache looks for
    """A socket whose timeout is for all that is read after a request, however many reads that takes."""

    _timeout: float | None = None
    _ends = math.inf

    @override
    def settimeout(self, value: float | None, /) -> None:
        """Set how long connecting may take, or sending, or all reads together."""
        self._timeout = value
        super().settimeout(value)

    @override
    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send a request; the time for its answer begins."""
        super().settimeout(self._timeout)
        self._ends = math.inf if self._timeout is None else time.monotonic() + self._timeout
        super().sendall(data, flags)

    @override
    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read a piece of the answer."""
        if self._ends < math.inf:
            remaining = self._ends - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("timed out")
            super().settimeout(remaining)
        return super().recv(bufsize, flags)
