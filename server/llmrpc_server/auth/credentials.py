"""The credentials that an RPC brings with it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an RPC brings with it that can tell who makes it.

    Attributes:
        authorization: All values of the metadata of that name; so with `forwarded`.
        peer: The connection's other end, as gRPC writes it.
        peer_names: The names in the certificate that it showed.
    """

    authorization: Sequence[str] = ()
    forwarded: Sequence[str] = ()
    peer: str = ""
    peer_names: Sequence[str] = ()
