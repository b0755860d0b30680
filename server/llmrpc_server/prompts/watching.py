"""Reads the folder of prompts again when something in it changes."""

import asyncio
from typing import Final

import structlog

from llmrpc_server.prompts.store import PromptStore

log = structlog.get_logger()

# Where the kernel tells of no changes, as on some network drives, the folder is looked at this often.
_POLL_MILLISECONDS: Final = 500


async def watch(store: PromptStore) -> None:
    """Go on until it is cancelled."""
    if store.folder is None or store.fault():
        return
    from watchfiles import awatch

    async for _ in awatch(store.folder, poll_delay_ms=_POLL_MILLISECONDS, debounce=50, step=20):
        # Compiling takes time, and the first prompt of all brings LangChain with it.
        report(await asyncio.to_thread(store.load))


def report(problems: list[str]) -> None:
    """Log what is wrong with the files, and how many prompts there are."""
    for problem in problems:
        log.error("bad prompt", problem=problem)
