"""The process's own memory as a store: what was used least recently goes first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from llmrpc_server.cache.store import Found, Stored

# What an entry takes beside its key and its value.
_OVERHEAD_BYTES = 300


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    expires: float


class MemoryStore:
    """Keeps values up to a number of bytes in all.

    Args:
        max_bytes: For keys and values together; a value that is larger is refused.
        clock: The time in seconds.
    """

    def __init__(self, max_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self.size = 0

    async def get_many(self, keys: Collection[str]) -> Found:
        """Return what is there under these keys."""
        return Found({key: value for key in keys if (value := self.get(key)) is not None})

    def get(self, key: str) -> bytes | None:
        """Return what is there under a key."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires <= self._clock():
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def set(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value; others are forgotten where it needs their room."""
        self._forget(key)
        size = _size(key, value)
        if size > self._max_bytes or ttl <= 0:
            return Stored.REFUSED
        self.size += size
        while self.size > self._max_bytes:
            self._forget(next(iter(self._entries)))
        self._entries[key] = _Entry(value, self._clock() + ttl)
        return Stored.STORED

    async def add(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value where nothing is there yet."""
        return Stored.REFUSED if self.get(key) is not None else await self.set(key, value, ttl)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        self._forget(key)

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.size = 0

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= _size(key, entry.value)


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + _OVERHEAD_BYTES
