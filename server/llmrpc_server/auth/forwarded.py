"""x-forwarded-client-cert: the certificate that a mesh's proxy saw, as Envoy writes it.

It is a list of elements, the nearest proxy's last; each has pairs like `URI=spiffe://a/b;DNS=a;Subject="CN=a,O=b"`.
"""

import re
from collections.abc import Iterator, Sequence

from llmrpc_server.auth.certificates import fits
from llmrpc_server.config.auth import LOOPBACK

HEADER = "x-forwarded-client-cert"

_PIECE = re.compile(r'((?:[^",;]|"(?:[^"\\]|\\.)*")*)([,;]|$)')
_NAMES = frozenset({"uri", "dns"})


def names_in(header: str) -> list[str]:
    """Return the names in the certificate that the nearest proxy saw; none where the header cannot be read."""
    names: list[str] = []
    for pair, end in _pieces(header):
        key, _, value = pair.strip().partition("=")
        if key.lower() in _NAMES:
            names.append(value.strip('"'))
        if end == ",":
            names = []
    return names


def _pieces(header: str) -> Iterator[tuple[str, str]]:
    """Split at commas and semicolons outside quotes; nothing of a header with a quote that does not end."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(header):
        match = _PIECE.match(header, at)
        if match is None:
            return
        found.append((match[1], match[2]))
        at = match.end()
    yield from found


def trusts(trusted: Sequence[str], *, peer: str, peer_names: Sequence[str]) -> bool:
    """Tell whether the peer of a connection may say whose certificate it saw.

    Args:
        trusted: As `auth.forwarded.trusted` has it.
        peer: The connection's other end, as gRPC writes it.
        peer_names: The names in the certificate that it showed itself.
    """
    if LOOPBACK in trusted and peer.startswith(("ipv4:127.", "ipv6:%5B::1%5D", "ipv6:[::1]", "unix:")):
        return True
    return any(fits(pattern, peer_names) for pattern in trusted if pattern != LOOPBACK)
