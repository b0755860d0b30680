"""Runs the local model in a process of its own.

Inside the server it would stop the event loop for as long as it loads (llama.cpp's binding holds the interpreter's
lock), write over the log, and take everything down with it when it aborts. See docs/decisions/0003.
"""

import asyncio
import contextlib
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import cast

import structlog

_STOP_SECONDS = 5.0

log = structlog.get_logger()


class ModelFailed(Exception):
    """The model's process ended before it could answer; the text is the end of what it wrote."""


class ModelProcess:
    """The process and its address: started when first asked for, and again after it died.

    Args:
        model: A GGUF file.
        context_tokens: The window of each conversation.
        slots: Conversations at a time; more wait.
    """

    def __init__(self, model: Path, context_tokens: int, slots: int) -> None:
        self._arguments = (str(model), str(context_tokens), str(slots))
        self._starting: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._address = ""
        self._reader: asyncio.Task[None] | None = None

    async def address(self) -> str:
        """Return the base URL that the model answers at, after starting it where it does not run.

        Raises:
            ModelFailed: It did not start.
        """
        if not self._runs():
            if self._starting is None or self._starting.done():
                self._starting = asyncio.create_task(self._start())
            # The start goes on when the caller who caused it leaves: others may wait for it too.
            await asyncio.shield(self._starting)
        return self._address

    def _runs(self) -> bool:
        return self._process is not None and self._process.returncode is None and bool(self._address)

    async def _start(self) -> None:
        await self._end()
        log.info("local model starts", model=self._arguments[0])
        command = (sys.executable, "-m", "llmrpc_server.local_model", *self._arguments)
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        stdout, stderr = cast("StreamReader", process.stdout), cast("StreamReader", process.stderr)
        self._process = process
        lines: list[str] = []
        self._reader = asyncio.create_task(_keep_last_lines(stderr, lines))
        self._address = (await stdout.readline()).decode().strip()
        if not self._address:
            await process.wait()
            await self._reader
            raise ModelFailed("\n".join(lines))
        log.info("local model answers", address=self._address)

    async def stop(self) -> None:
        """End the process, if it runs or is about to."""
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError, ModelFailed):
                await self._starting
        await self._end()

    async def _end(self) -> None:
        process, self._process, self._address = self._process, None, ""
        if process is None or process.returncode is not None:
            return
        cast("StreamWriter", process.stdin).close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader


_KEPT_LINES = 20


async def _keep_last_lines(stderr: StreamReader, lines: list[str]) -> None:
    """Read what the process says about itself, so that it can go on writing, and keep the end of it."""
    async for line in stderr:
        lines.append(line.decode(errors="replace").rstrip())
        del lines[:-_KEPT_LINES]
