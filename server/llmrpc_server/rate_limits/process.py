"""Counters in this process's memory.

Those of the library `limits` look through all counters at every hit, which takes 0.8 ms where there are 10,000.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from llmrpc_server.rate_limits.counters import Change

_SECONDS_BETWEEN_SWEEPS = 10.0


@dataclass(slots=True)
class _Counter:
    sum: int
    ends: float


class ProcessCounters:
    """Counters that nobody else sees; nothing here waits."""

    def __init__(self) -> None:
        self._counters: dict[str, _Counter] = {}
        self._swept = time.monotonic()

    async def add(self, key: str, amount: int, *, seconds: int) -> int:
        """Count so much more; return the sum."""
        return self._add(key, amount, time.monotonic(), seconds)

    async def get(self, key: str) -> int:
        """Return the sum."""
        counter = self._there(key, time.monotonic())
        return 0 if counter is None else counter.sum

    async def seconds_left(self, key: str) -> float:
        """Tell when a counter is gone."""
        counter = self._there(key, now := time.monotonic())
        return 0.0 if counter is None else counter.ends - now

    async def correct(self, changes: Sequence[Change], *, seconds: int) -> None:
        """Correct counters."""
        now = time.monotonic()
        for key, amount, age in changes:
            if amount > 0:
                self._add(key, amount, now, seconds)
            elif (counter := self._there(key, now)) is not None and (not age or counter.ends - seconds <= now - age):
                counter.sum = max(counter.sum + amount, 0)

    async def close(self) -> None:
        """Forget everything."""
        self._counters.clear()

    def _add(self, key: str, amount: int, now: float, seconds: int) -> int:
        if now - self._swept > _SECONDS_BETWEEN_SWEEPS:
            self._swept = now
            self._counters = {key: counter for key, counter in self._counters.items() if counter.ends > now}
        counter = self._counters.get(key)
        if counter is None or counter.ends <= now:
            counter = self._counters[key] = _Counter(0, now + seconds)
        counter.sum += amount
        return counter.sum

    def _there(self, key: str, now: float) -> _Counter | None:
        counter = self._counters.get(key)
        return counter if counter is not None and counter.ends > now else None
