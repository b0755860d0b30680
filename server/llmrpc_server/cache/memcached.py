"""Memcached servers as one store: each key has its place at one of those that are up."""

import asyncio
import hashlib
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from itertools import chain

from llmrpc_server.cache.node import TIMEOUT_SECONDS, Node, NodeDown
from llmrpc_server.cache.store import Found, Stored

# More would be read as a point in time, long gone.
MAX_TTL_SECONDS = 30 * 24 * 3600
# memcached's item is at most 1 MiB, with its key and its header.
MAX_VALUE_BYTES = 1024 * 1024 - 1024


class MemcachedStore:
    """Several memcached servers.

    A key's place is the server with the highest hash of both (rendezvous): one that comes or goes moves its own keys
    alone, and all server processes agree.

    Args:
        names: Host and port of each, or the path of a Unix socket; the same in all server processes.
        failed: Called with a server's name for each request that it did not answer.
        timeout: How long to wait for each, in seconds.
    """

    def __init__(
        self,
        names: Sequence[str],
        failed: Callable[[str], None] = lambda _: None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.nodes = [Node(name, partial(failed, name), timeout) for name in names]

    async def get_many(self, keys: Collection[str]) -> Found:
        """Return what is there under these keys: one hop to each server that has a share of them."""
        shares: dict[Node, list[str]] = defaultdict(list)
        for key in keys:
            if (node := self._place(key)) is None:
                return Found(failed=True)
            shares[node].append(key)
        parts = await asyncio.gather(*(_get(node, share) for node, share in shares.items()))
        values = dict(chain.from_iterable(part.values.items() for part in parts))
        return Found(values, failed=any(part.failed for part in parts))

    async def set(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value; one that memcached has no room for is refused."""
        if (node := self._place(key)) is None:
            return Stored.FAILED
        return await _keep(node.set, key, value, ttl)

    async def add(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value where nothing is there yet."""
        if (node := self._place(key)) is None:
            return Stored.FAILED
        return await _keep(node.add, key, value, ttl)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        if (node := self._place(key)) is not None:
            try:
                await node.delete(key)
            except NodeDown:
                return

    async def get_everywhere(self, keys: Collection[str]) -> dict[Node, dict[str, bytes]]:
        """Return what each server has under these keys; those that do not answer are left out."""
        up = [node for node in self.nodes if not node.down]
        parts = await asyncio.gather(*(_get(node, keys) for node in up))
        return {node: part.values for node, part in zip(up, parts, strict=True) if not part.failed}

    async def set_everywhere(self, key: str, value: bytes, ttl: float, nodes: Collection[Node] = ()) -> list[Stored]:
        """Keep a value at each server that is up, or at these; return how it went at each."""
        to = nodes or [node for node in self.nodes if not node.down]
        return list(await asyncio.gather(*(_keep(node.set, key, value, ttl) for node in to)))

    async def add_everywhere(self, key: str, value: bytes, ttl: float, nodes: Collection[Node]) -> None:
        """Keep a value at each of these servers where nothing is there yet."""
        await asyncio.gather(*(_keep(node.add, key, value, ttl) for node in nodes))

    async def close(self) -> None:
        """Let go of connections and threads."""
        await asyncio.gather(*(node.close() for node in self.nodes))

    def _place(self, key: str) -> Node | None:
        """Return the server where a key has its place; None where all are down."""
        up = [node for node in self.nodes if not node.down]
        if len(up) <= 1:
            return up[0] if up else None
        return max(up, key=lambda node: _weight(node.name, key))


async def _get(node: Node, keys: Collection[str]) -> Found:
    try:
        return Found(await node.get_many(keys))
    except NodeDown:
        return Found(failed=True)


async def _keep(command: Callable[[str, bytes, int], Awaitable[Stored]], key: str, value: bytes, ttl: float) -> Stored:
    if len(value) > MAX_VALUE_BYTES:
        return Stored.REFUSED
    try:
        return await command(key, value, _seconds(ttl))
    except NodeDown:
        return Stored.FAILED


def _seconds(ttl: float) -> int:
    """Return a time to live as memcached takes it: whole seconds, of which it counts the first short."""
    return min(math.ceil(ttl) + 1, MAX_TTL_SECONDS)


def _weight(node: str, key: str) -> bytes:
    return hashlib.blake2b(f"{node}\0{key}".encode(), digest_size=8).digest()
