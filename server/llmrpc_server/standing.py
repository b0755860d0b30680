"""Streams that go on until their caller leaves, and how they end when the process goes away."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from llmrpc_server.errors import ShuttingDown

T = TypeVar("T")


class Standing:
    """All of them in this process."""

    def __init__(self) -> None:
        self._running: set[asyncio.Timeout] = set()
        self._closed = False

    def close(self) -> None:
        """End all of them, and from now on each that comes."""
        self._closed = True
        for running in self._running:
            running.reschedule(0)

    async def until_closed(self, stream: Awaitable[T]) -> T:
        """Let one run.

        Raises:
            ShuttingDown: The process goes away.
        """
        try:
            async with asyncio.timeout(0 if self._closed else None) as running:
                self._running.add(running)
                try:
                    return await stream
                finally:
                    self._running.discard(running)
        except TimeoutError:
            raise ShuttingDown("this server process is going away") from None
