"""How a process of the bench lives: it says on its first line where it listens, and ends when told to."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import uvloop


def run(start: Callable[[], Awaitable[str]]) -> None:
    """Serve on uvloop, as the real server does, until SIGTERM or SIGINT.

    Args:
        start: Begins to listen, and returns host and port.
    """
    uvloop.run(_serve(start))


async def _serve(start: Callable[[], Awaitable[str]]) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    print(f"serves on {await start()}", flush=True)
    await ended.wait()
