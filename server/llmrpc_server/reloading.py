"""Goes over to another configuration when its file changes or SIGHUP asks for it; one that is no good is refused."""

import asyncio
import contextlib

import structlog

from llmrpc_server.app import App
from llmrpc_server.config.loading import BadConfig, BadSetting
from llmrpc_server.config.source import Source
from llmrpc_server.local_model.weights import WeightsUnavailable
from llmrpc_server.watched import SECONDS_BETWEEN_LOOKS

log = structlog.get_logger()


async def follow(app: App, source: Source, asked: asyncio.Event) -> None:
    """Go on until it is cancelled.

    Args:
        app: What goes over, once it serves.
        source: Where its configuration comes from.
        asked: Set where the file is to be read though it looks as it did: what it names may be another.
    """
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                await asked.wait()
        if source.is_another() or asked.is_set():
            asked.clear()
            await _reload(app, source)


async def _reload(app: App, source: Source) -> None:
    try:
        loaded = await asyncio.to_thread(source.take)
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
