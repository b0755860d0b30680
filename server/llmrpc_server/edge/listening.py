"""Why an address cannot be listened on: gRPC tells it to its own log alone."""

import errno
import socket

_HINTS = {
    errno.EADDRINUSE: "is another server there?",
    errno.EACCES: "ports below 1024 are for root, or for who has the capability CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "it is none of this machine's",
}


def why_not(address: str) -> str:
    """Try host and port; return what the system says, and what that may mean. Blocks while a name is looked up."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, place in found:
            with socket.socket(family, kind, protocol) as trying:
                # As gRPC does: connections that are ending do not keep the address.
                trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trying.bind(place)
                trying.listen()
    except OSError as error:
        hint = _HINTS.get(error.errno or 0)
        return f"{error.strerror}: {hint}" if hint else str(error.strerror)
    return "the system does not say why"
