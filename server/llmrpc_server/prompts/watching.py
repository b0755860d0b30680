"""Reads the folder of prompts again when something in it changes."""

import asyncio
import os
from collections.abc import Collection
from contextlib import aclosing
from pathlib import Path
from typing import Final

import structlog

from llmrpc_server.prompts.store import PromptStore

log = structlog.get_logger()

# The kernel tells of changes in a folder, and not that another one has taken its name: that is looked at this often. So
# is the folder itself where the kernel tells of nothing, as on some network drives.
_MILLISECONDS: Final = 500


class Watching:
    """A folder of prompts that is read, and read again when something in it changes.

    Attributes:
        store: Its prompts.
    """

    def __init__(self, store: PromptStore) -> None:
        self.store = store
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read it, and go on until `close`."""
        told = report(await asyncio.to_thread(self.store.load))
        self._task = asyncio.create_task(watch(self.store, told))

    async def close(self) -> None:
        """Leave it."""
        if self._task is not None:
            self._task.cancel()


async def watch(store: PromptStore, told: Collection[str]) -> None:
    """Go on until it is cancelled, also while the folder is not there, or another one takes its place.

    Args:
        store: Its folder is watched.
        told: The problems that were reported when it was read before.
    """
    warned = False
    while store.folder is not None:
        try:
            told = await _follow(store, store.folder, told)
        except FileNotFoundError:  # it went in the moment between two looks
            pass
        except RuntimeError as error:
            if not warned:
                log.warning("the system has no watch left: prompts are read twice a second", problem=str(error))
            warned = True
            told = report(await asyncio.to_thread(store.load), told)
        await asyncio.sleep(_MILLISECONDS / 1000)


async def _follow(store: PromptStore, folder: Path, told: Collection[str]) -> Collection[str]:
    """Read it at once, for what came before the watch began, and when it changes, until it is another folder."""
    from watchfiles import Change, awatch

    followed, unread = _which(folder), True
    if followed is None:
        return told
    changes = awatch(
        folder, debounce=50, step=20, rust_timeout=_MILLISECONDS, yield_on_timeout=True, poll_delay_ms=_MILLISECONDS
    )
    async with aclosing(changes):
        async for changed in changes:
            if changed or unread:
                # Compiling takes time, and the first prompt of all brings LangChain with it.
                told, unread = report(await asyncio.to_thread(store.load), told), False
            # A new folder may have the number of the one that was deleted.
            if (Change.deleted, str(folder)) in changed or followed != _which(folder):
                break
    return told


def report(problems: list[str], told: Collection[str] = ()) -> Collection[str]:
    """Log what is wrong with the files and was not told before; return all that is wrong."""
    for problem in problems:
        if problem not in told:
            log.error("bad prompt", problem=problem)
    return problems


def _which(folder: Path) -> tuple[int, int] | None:
    """Tell which folder has the name now; None if none has."""
    try:
        found = os.stat(folder)  # noqa: PTH116 - twice a second, for ever
    except OSError:
        return None
    return found.st_dev, found.st_ino
