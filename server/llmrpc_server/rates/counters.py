"""What counts."""

from typing import Protocol


class CountersDown(Exception):
    """The place where they are counted does not answer."""


class Counters(Protocol):
    """Counters by name; each begins with its first `add` and is gone after its time. All raise CountersDown."""

    async def add(self, key: str, amount: int, *, seconds: int) -> int:
        """Count so much more, in one step with all who do so at once; return the sum."""
        ...

    async def take_back(self, key: str, amount: int) -> None:
        """Count so much less, not below nothing."""
        ...

    async def get(self, key: str) -> int:
        """Return the sum."""
        ...

    async def seconds_left(self, key: str) -> float:
        """Tell when a counter is gone."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
