"""What counts."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class CountersDown(Exception):
    """The place where they are counted does not answer."""


class Change(NamedTuple):
    """What a counter is to be put right by.

    Attributes:
        amount: So much more; less than nothing is taken back.
        age: For how many seconds what is taken back has been counted; a counter that began since then has none of it.
            0 for a counter whose name is not used again.
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
        """Put counters of so many seconds right, none below nothing; whatever becomes of the caller.

        Nothing is raised: while counters do not answer, what they are told is lost.
        """
        ...

    async def close(self) -> None:
        """Let go of connections, after what is still to be put right."""
        ...
