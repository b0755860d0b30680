"""Providers that nobody will ask any more close, each by itself: anybody's code runs there, and may fail or hang."""

import asyncio
from collections.abc import Iterable

import structlog

from llmrpc_server.providers.base import Provider

log = structlog.get_logger()

# The local model is given 5 s to end before it is killed.
_SECONDS = 10.0


class Closing:
    """The providers that are closing."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, providers: Iterable[Provider]) -> None:
        """Begin to close some, in the background."""
        for provider in providers:
            task = asyncio.create_task(_close(provider))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Wait until all are closed, and leave those that take long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SECONDS)
        for task in self._tasks:
            task.cancel()


async def _close(provider: Provider) -> None:
    try:
        await provider.close()
    except Exception:
        log.exception("a provider does not close", provider=provider.name)
