"""Runs the server in this process until a signal ends it."""

import asyncio
import gc
import signal
from collections.abc import Callable

import structlog
import uvloop

from llmrpc_server.app import App

log = structlog.get_logger()

# Calls leave next to no cycles: looking for them at every 700th object costs more than it finds.
_OBJECTS_BETWEEN_LOOKS = 10_000


def run(make_app: Callable[[], App], announce: Callable[[App], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends what is left.

    Args:
        make_app: Makes the App, on the event loop.
        announce: Called once it serves.

    Raises:
        CannotStart: An address is taken, or the database or the journal cannot be used.
    """
    uvloop.run(_serve(make_app, announce))


async def _serve(make_app: Callable[[], App], announce: Callable[[App], None]) -> None:
    loop = asyncio.get_running_loop()
    app = make_app()
    received: asyncio.Queue[signal.Signals] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, received.put_nowait, number)
    await app.start()
    _settle_memory()
    log.info("serving", address=app.address)
    announce(app)
    first = await received.get()
    log.info("draining", signal=first.name)
    draining = asyncio.create_task(app.drain(wait=first is signal.SIGTERM))
    second = asyncio.create_task(received.get())
    await asyncio.wait((draining, second), return_when=asyncio.FIRST_COMPLETED)
    if draining.done():
        second.cancel()
        await draining
    else:
        draining.cancel()
        await app.stop()
    log.info("stopped")


def _settle_memory() -> None:
    """Spare the garbage collector what stays until the end: modules, stubs, the configuration."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
