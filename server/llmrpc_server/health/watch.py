"""Watching how targets change."""

import asyncio
from typing import Self

from llmrpc_server.health.target import TargetHealth


class Watch:
    """What changed since one looked last."""

    def __init__(self, watches: "set[Watch]") -> None:
        self._watches = watches
        self._news: dict[int, TargetHealth] = {}
        self._bell = asyncio.Event()

    def __enter__(self) -> Self:
        self._watches.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._watches.discard(self)

    def tell(self, health: TargetHealth) -> None:
        """Note a change; several of one target are one."""
        self._news[id(health)] = health
        self._bell.set()

    async def changes(self) -> list[TargetHealth]:
        """Wait for changes."""
        await self._bell.wait()
        self._bell.clear()
        news, self._news = self._news, {}
        return list(news.values())
