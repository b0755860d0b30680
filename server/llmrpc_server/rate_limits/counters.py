"""The protocol of counters by name: of requests, of tokens, of calls under way."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class CountersDown(Exception):
    """The place where they are counted does not answer."""


class Change(NamedTuple):
    """A correction of a counter.

    Attributes:
        amount: What is added; below zero, what is taken back.
        age: How many seconds ago that was counted which is taken back; a counter that began since then does not hold
            it. 0 for a counter whose name is never used again.
    """

    counter: str
    amount: int
    age: float = 0.0


class Counters(Protocol):
    """Counters by name; each begins with its first `add` and is gone after its time."""

    async def add(self, key: str, amount: int, *, seconds: int) -> int:
        """Count so much more, in one step with all who do so at once; return the sum.

        Raises:
            CountersDown: It may have been counted or not.
        """
        ...

    async def get(self, key: str) -> int:
        """Return the sum.

        Raises:
            CountersDown: It cannot be told.
        """
        ...

    async def seconds_left(self, key: str) -> float:
        """Tell when a counter is gone.

        Raises:
            CountersDown: It cannot be told.
        """
        ...

    async def correct(self, changes: Sequence[Change], *, seconds: int) -> None:
        """Correct counters of so many seconds, none below zero, also for a caller that is cancelled meanwhile.

        Raises nothing: corrections are lost while the counters do not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of connections, after the corrections under way."""
        ...
