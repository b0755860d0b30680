"""Counters in this process's memory.

Those of the library `limits` look through all counters at every hit, which takes 0.8 ms where there are 10,000.
"""

import time
from dataclasses import dataclass

_SECONDS_BETWEEN_SWEEPS = 10.0


@dataclass(slots=True)
class _Counter:
    sum: int
    ends: float


class ProcessCounters:
    """Counters that nobody else sees."""

    def __init__(self) -> None:
        self._counters: dict[str, _Counter] = {}
        self._swept = time.monotonic()

    async def add(self, key: str, amount: int, *, seconds: int) -> int:
        """Count so much more; return the sum."""
        now = time.monotonic()
        self._sweep(now)
        counter = self._counters.get(key)
        if counter is None or counter.ends <= now:
            counter = self._counters[key] = _Counter(0, now + seconds)
        counter.sum += amount
        return counter.sum

    async def take_back(self, key: str, amount: int) -> None:
        """Count so much less, not below nothing."""
        if (counter := self._there(key)) is not None:
            counter.sum = max(counter.sum - amount, 0)

    async def get(self, key: str) -> int:
        """Return the sum."""
        counter = self._there(key)
        return 0 if counter is None else counter.sum

    async def seconds_left(self, key: str) -> float:
        """Tell when a counter is gone."""
        counter = self._there(key)
        return 0.0 if counter is None else counter.ends - time.monotonic()

    async def close(self) -> None:
        """Forget everything."""
        self._counters.clear()

    def _there(self, key: str) -> _Counter | None:
        counter = self._counters.get(key)
        return counter if counter is not None and counter.ends > time.monotonic() else None

    def _sweep(self, now: float) -> None:
        if now - self._swept > _SECONDS_BETWEEN_SWEEPS:
            self._swept = now
            self._counters = {key: counter for key, counter in self._counters.items() if counter.ends > now}
