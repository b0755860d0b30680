"""The protocol of a store."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """What a store has under the keys that were asked for.

    Attributes:
        failed: Some part of the store did not answer; what is there counts as not there.
    """

    values: dict[str, bytes] = field(default_factory=dict)
    failed: bool = False


class Stored(Enum):
    """How storing went."""

    STORED = "stored"
    # Something is there already, or the store has no room for a value of that size.
    REFUSED = "refused"
    # The store did not answer; whether the value is there is not known.
    FAILED = "failed"


class Store(Protocol):
    """Keeps bytes for a time; may forget them earlier.

    Keys are at most 200 printable ASCII characters without spaces. A time to live is in seconds. No method raises for a
    store that is down, and none takes longer than a few times 10 ms.
    """

    async def get_many(self, keys: Collection[str]) -> Found:
        """Return what is there under these keys, in one go."""
        ...

    async def set(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value, in place of the one that is there."""
        ...

    async def add(self, key: str, value: bytes, ttl: float) -> Stored:
        """Keep a value where nothing is there yet: of several callers at once one gets STORED, the others REFUSED."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a value."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads."""
        ...
