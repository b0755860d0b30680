"""A door that lets only so many through at a time, with a bounded queue before it."""

import asyncio
from collections.abc import Callable

from llmrpc_server.config import GateSettings
from llmrpc_server.errors import CallError


class Gate:
    """Who waits is let in in the order of arrival, and may leave at any time.

    Args:
        settings: How many may be inside, how many may wait.
        refusal: Makes the error for one too many.
    """

    def __init__(self, settings: GateSettings, refusal: Callable[[], CallError]) -> None:
        self._inside = asyncio.Semaphore(settings.in_flight)
        self._most_waiting = settings.waiting
        self._refusal = refusal
        self._waiting = 0

    async def enter(self, *, wait: bool = True) -> None:
        """Go in; `leave` has to follow.

        Args:
            wait: Whether to wait for a place, as far as the queue has room.

        Raises:
            CallError: The refusal.
        """
        if self._inside.locked():
            await self._queue(wait=wait)
        else:
            await self._inside.acquire()  # Does not wait.

    def leave(self) -> None:
        """Make room for the next."""
        self._inside.release()

    async def _queue(self, *, wait: bool) -> None:
        if not wait or self._waiting >= self._most_waiting:
            raise self._refusal()
        self._waiting += 1
        try:
            await self._inside.acquire()
        finally:
            self._waiting -= 1
