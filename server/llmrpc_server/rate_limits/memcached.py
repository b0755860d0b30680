"""Counters in memcached, which all server processes see; the library `limits` counts."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import cast

from limits.aio.storage import MemcachedStorage
from limits.aio.storage.memcached.memcachio import MemcachioBridge

from llmrpc_server.rate_limits.counters import Change, CountersDown

TIMEOUT_SECONDS = 1.0


class MemcachedCounters:
    """Counters at memcached servers.

    Args:
        names: Host and port of each; the same in all server processes.
        namespace: The beginning of all keys.
    """

    def __init__(self, names: Sequence[str], namespace: str) -> None:
        self._prefix = f"{namespace}:rate:"
        self._storage = MemcachedStorage(f"async+memcached://{','.join(names)}")
        # The event loop itself holds its tasks but weakly.
        self._correcting: set[asyncio.Task[None]] = set()

    async def add(self, key: str, amount: int, *, seconds: int) -> int:
        """Count so much more; return the sum."""
        async with _in_time():
            return await self._storage.incr(self._prefix + key, seconds, amount)
        raise AssertionError  # _in_time lets no error pass

    async def get(self, key: str) -> int:
        """Return the sum."""
        async with _in_time():
            return await self._storage.get(self._prefix + key)
        raise AssertionError

    async def seconds_left(self, key: str) -> float:
        """Tell when a counter is gone."""
        async with _in_time():
            return max(await self._storage.get_expiry(self._prefix + key) - time.time(), 0.0)
        raise AssertionError

    async def correct(self, changes: Sequence[Change], *, seconds: int) -> None:
        """Correct counters, in a task of its own."""
        task = asyncio.create_task(self._correct(changes, seconds))
        self._correcting.add(task)
        task.add_done_callback(self._correcting.discard)
        await asyncio.shield(task)

    async def close(self) -> None:
        """Let go of connections, after the corrections under way."""
        await asyncio.gather(*self._correcting)
        bridge = cast("MemcachioBridge", self._storage.bridge)
        (await bridge.get_storage()).connection_pool.close()

    async def _correct(self, changes: Sequence[Change], seconds: int) -> None:
        with suppress(CountersDown):
            for key, amount, age in changes:
                if amount > 0:
                    await self.add(key, amount, seconds=seconds)
                elif not age or seconds - await self.seconds_left(key) >= age:
                    await self._take_back(key, -amount)

    async def _take_back(self, key: str, amount: int) -> None:
        """Count so much less; memcached does not count below zero."""
        async with _in_time():
            await self._storage.bridge.decr(self._prefix + key, amount)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Bound a request; whatever goes wrong with it, the counters do not answer."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    except Exception as error:
        raise CountersDown from error
