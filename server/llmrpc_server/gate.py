"""A door that lets only so many through at a time, with a bounded queue before it."""

import asyncio
from collections.abc import Callable

from llmrpc_server.config import GateSettings
from llmrpc_server.errors import CallError


class Gate:
    """Use it with `async with`; who waits is let in in the order of arrival and may leave at any time.

    Args:
        settings: How many may be inside, how many may wait.
        refusal: Makes the error for one too many.
    """

    def __init__(self, settings: GateSettings, refusal: Callable[[], CallError]) -> None:
        self._inside = asyncio.Semaphore(settings.in_flight)
        self._most_waiting = settings.waiting
        self._refusal = refusal
        self.waiting = 0

    async def __aenter__(self) -> None:
        if not self._inside.locked():
            await self._inside.acquire()  # Does not wait.
            return
        if self.waiting >= self._most_waiting:
            raise self._refusal()
        self.waiting += 1
        try:
            await self._inside.acquire()
        finally:
            self.waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._inside.release()
