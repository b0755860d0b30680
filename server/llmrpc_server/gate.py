"""Bounds how many are inside at a time, and how many wait."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from llmrpc_server.config import GateSettings
from llmrpc_server.errors import CallError


class Gate:
    """A semaphore with a bounded queue: first come, first served; one that waits may leave at any time.

    Args:
        settings: How many may be inside, how many may wait.
        refusal: Makes the error for one too many.
    """

    def __init__(self, settings: GateSettings, refusal: Callable[[], CallError]) -> None:
        self._settings = settings
        # Below 0 while more are inside than may be, after they have become fewer.
        self._free = settings.in_flight
        self._refusal = refusal
        self._waiting: deque[asyncio.Future[None]] = deque()

    def resize(self, settings: GateSettings) -> None:
        """Let more in, or fewer; those who are inside or wait stay."""
        self._free += settings.in_flight - self._settings.in_flight
        self._settings = settings
        while self._free > 0 and self._waiting:
            self._free -= 1
            self.leave()

    async def enter(self, *, wait: bool = True) -> None:
        """Go in; `leave` has to follow.

        Args:
            wait: Whether to wait for a place, as far as the queue has room.

        Raises:
            CallError: The refusal.
        """
        if self._free <= 0:
            await self._queue(wait=wait)
        else:
            self._free -= 1

    def leave(self) -> None:
        """Give the place to the one that waits longest; it is free where none does."""
        while self._waiting and self._free >= 0:
            waiter = self._waiting.popleft()
            if not waiter.done():  # One that was cancelled is about to go.
                waiter.set_result(None)
                return
        self._free += 1

    async def _queue(self, *, wait: bool) -> None:
        if not wait or len(self._waiting) >= self._settings.waiting:
            raise self._refusal()
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                with suppress(ValueError):  # One that left has passed it over.
                    self._waiting.remove(waiter)
            else:
                self.leave()
            raise
