"""Runs the server in this process until a signal ends it."""

import asyncio
import gc
import signal
from collections.abc import Callable

import structlog
import uvloop

from llmrpc_server.app import App
from llmrpc_server.config.source import Source
from llmrpc_server.hangup import follows_terminal, has_terminal, let_come
from llmrpc_server.reloading import follow

log = structlog.get_logger()

Tell = Callable[[signal.Signals], None]

# Calls leave next to no cycles: looking for them at every 700th object costs more than it finds.
_OBJECTS_BETWEEN_LOOKS = 10_000


def hear_signals(tell: Tell) -> None:
    """Have `tell` called with each SIGTERM and SIGINT of this process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, tell, number)


def run(
    make_app: Callable[[], App],
    announce: Callable[[App], None],
    source: Source,
    hear: Callable[[Tell], None] = hear_signals,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends what is left. SIGHUP reads the configuration.

    Args:
        make_app: Makes the App, on the event loop.
        announce: Called once it serves.
        source: Where the configuration comes from when it changes.
        hear: Called on the event loop, to have the signals told that end it.

    Raises:
        CannotStart: An address is taken, or the database or the journal cannot be used.
    """
    uvloop.run(_serve(make_app, announce, source, hear))


async def _serve(
    make_app: Callable[[], App], announce: Callable[[App], None], source: Source, hear: Callable[[Tell], None]
) -> None:
    app = make_app()
    received: asyncio.Queue[signal.Signals] = asyncio.Queue()
    hear(received.put_nowait)
    asked = _hear_hang_ups(received.put_nowait)
    await app.start()
    _settle_memory()
    log.info("serving", address=app.address)
    announce(app)
    following = asyncio.create_task(follow(app, source, asked))
    first = await received.get()
    log.info("draining", signal=first.name)
    following.cancel()
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


def _hear_hang_ups(tell: Tell) -> asyncio.Event:
    """Return what is set by a SIGHUP that asks for the configuration; one that ends the server is told."""
    asked = asyncio.Event()
    in_terminal = follows_terminal()

    def hung_up() -> None:
        """Take SIGHUP for what it is."""
        if in_terminal and not has_terminal():
            tell(signal.SIGHUP)
        else:
            asked.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)
    let_come()
    return asked


def _settle_memory() -> None:
    """Spare the garbage collector what stays until the end: modules, stubs, the configuration."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
