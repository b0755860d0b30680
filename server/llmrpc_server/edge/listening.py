"""Addresses to listen on: holding one for several processes; why one cannot be, which gRPC tells its own log alone."""

import contextlib
import errno
import socket
from typing import Any

_HINTS = {
    errno.EADDRINUSE: "is another server there?",
    errno.EACCES: "ports below 1024 are for root, or for who has the capability CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "it is none of this machine's",
}
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - told apart, not listened on
_TRIES = 10


def why_not(address: str) -> str:
    """Try host and port; return what the system says, and what that may mean. Blocks while a name is looked up."""
    try:
        for family, place in _places(address):
            with _bound(family, place) as trying:
                trying.listen()
    except OSError as error:
        return in_words(error)
    return "the system does not say why"


def in_words(error: OSError) -> str:
    """Return what the system says, and what that may mean."""
    hint = _HINTS.get(error.errno or 0)
    return f"{error.strerror}: {hint}" if hint else str(error.strerror)


def hold(address: str) -> list[socket.socket]:
    """Take host and port so that this user's processes may listen there with SO_REUSEPORT, and no other server.

    A socket that is bound and does not listen gets no connections. All have the same port. Blocks while a name is
    looked up.

    Raises:
        OSError: Somebody else has the port, or the address cannot be listened on.
    """
    wants_any = address.endswith(":0")
    for tries_left in reversed(range(_TRIES if wants_any else 1)):
        try:
            return _held(address)
        except OSError as error:
            # The port that is free at one of a name's addresses need not be so at the others.
            if error.errno != errno.EADDRINUSE or not tries_left:
                raise
    raise AssertionError


def _held(address: str) -> list[socket.socket]:
    missing: OSError | None = None
    with contextlib.ExitStack() as stack:
        held: list[socket.socket] = []
        for family, (host, port, *rest) in _places(address):
            place = (host, held[0].getsockname()[1] if held else port, *rest)
            try:
                taken = stack.enter_context(_bound(family, place))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error
                continue
            # In this order: bound as one who shares, it would share with a stranger. And who may be bound beside
            # one that has SO_REUSEADDR and does not listen would be so beside this one.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            held.append(taken)
        if missing is not None and not held:
            raise missing
        stack.pop_all()
        return held


def _bound(family: int, place: tuple[Any, ...]) -> socket.socket:
    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        # As gRPC does: connections that are ending do not keep the address.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(place)
        stack.pop_all()
        return bound


def _places(address: str) -> list[tuple[int, tuple[Any, ...]]]:
    """Look host and port up. Every interface is that of IPv6, where there is one: so gRPC has it."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if host in _EVERYWHERE and socket.has_dualstack_ipv6():
        host = "::"
    found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [(family, place) for family, _, _, _, place in found]
