"""Gets that come while others are on their way leave together, in one hop."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeAlias

# While this many hops are on their way, gets wait for the next.
_HOPS = 2

Values: TypeAlias = dict[str, bytes]


class _Batch:
    """Gets that leave in one hop."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.values: asyncio.Future[Values | None] = asyncio.get_running_loop().create_future()


class BatchedGets:
    """The gets of one server.

    Args:
        ask: Sends one hop; what it returns is done with all values that there are, or with None for want of an answer.
    """

    def __init__(self, ask: Callable[[Collection[str]], "asyncio.Future[Values | None]"]) -> None:
        self._ask = ask
        self._gathering: _Batch | None = None
        self._hops = 0

    def get(self, keys: Collection[str]) -> "asyncio.Future[Values | None]":
        """Return what is done once the answer for these keys is there; others wait for the same, so shield it."""
        batch = self._gathering
        if batch is None:
            batch = self._gathering = _Batch()
            asyncio.get_running_loop().call_soon(self._depart)
        batch.keys.update(keys)
        return batch.values

    def _depart(self) -> None:
        if self._hops >= _HOPS or self._gathering is None:
            return
        batch, self._gathering = self._gathering, None
        self._hops += 1
        self._ask(batch.keys).add_done_callback(partial(self._arrived, batch))

    def _arrived(self, batch: _Batch, hop: "asyncio.Future[Values | None]") -> None:
        self._hops -= 1
        batch.values.set_result(None if hop.cancelled() else hop.result())
        self._depart()
