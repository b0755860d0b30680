"""Goes over to another configuration when its file changes or SIGHUP asks for it; one that is no good is refused."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from llmrpc_server.app import App
from llmrpc_server.config.loading import BadConfig, BadSetting, Loaded
from llmrpc_server.local_model.weights import WeightsUnavailable
from llmrpc_server.watched import SECONDS_BETWEEN_LOOKS, state_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """Where the configuration comes from.

    Attributes:
        file: None where it has none.
        read: Reads it, and sees that a server can go by it, which may take a while; raises BadConfig or
            WeightsUnavailable.
    """

    file: Path | None
    read: Callable[[], Loaded]


async def follow(app: App, source: Source, asked: asyncio.Event) -> None:
    """Go on until it is cancelled.

    Args:
        app: What goes over, once it serves.
        source: Where its configuration comes from.
        asked: Set where the file is to be read though it looks as it did: what it names may be another.
    """
    taken = seen = _look(source)
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                await asked.wait()
        before, seen = seen, _look(source)
        # Whoever writes it may be in the middle of it: it is read when it has been still for a while.
        if asked.is_set() or (seen != taken and seen == before and seen is not None):
            asked.clear()
            taken = seen
            await _reload(app, source)


def _look(source: Source) -> tuple[int, int, int] | None:
    return None if source.file is None else state_of(source.file)


async def _reload(app: App, source: Source) -> None:
    try:
        loaded = await asyncio.to_thread(source.read)
        try:
            await app.reload(loaded)
        except BadSetting as error:
            raise BadConfig(loaded.source, loaded.problems([error])) from error
    except (BadConfig, WeightsUnavailable) as error:
        app.reloads.refused()
        log.error("the configuration is refused: the one before stays", problems=str(error).splitlines())  # noqa: TRY400 - no fault of ours
    except Exception:
        app.reloads.refused()
        log.exception("the configuration cannot be gone over to: the one before stays")
    else:
        app.reloads.taken()
        for warning in loaded.warnings:
            log.warning("the configuration", warning=warning)
        log.info("the configuration was reloaded", source=loaded.source)
