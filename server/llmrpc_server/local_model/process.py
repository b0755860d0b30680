"""Runs the local model in a process of its own.

Inside the server it would stop the event loop for as long as it loads (llama.cpp's binding holds the interpreter's
lock), write over the log, and take everything down with it when it aborts. See docs/decisions/0003.
"""

import asyncio
import collections
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, cast

import structlog

_STOP_SECONDS = 5.0
_STOP_POLL_SECONDS = 0.05
_KEPT_LINES = 20

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
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

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

    async def stop(self) -> None:
        """End the process, if it runs or is about to."""
        while self._starting is not None and not self._starting.done():
            # It may load for long; without its process the start fails at once.
            if self._process is not None:
                self._process.kill()
            await asyncio.wait((self._starting,), timeout=_STOP_POLL_SECONDS)
        await asyncio.to_thread(self._end)

    def _runs(self) -> bool:
        return bool(self._address) and self._process is not None and self._process.poll() is None

    async def _start(self) -> None:
        log.info("local model starts", model=self._arguments[0])
        await asyncio.to_thread(self._end)
        try:
            await asyncio.to_thread(self._spawn)
        except ModelFailed as error:
            log.error("local model failed", model=self._arguments[0], said=str(error))  # noqa: TRY400 - told in full
            raise
        log.info("local model answers", address=self._address)

    def _spawn(self) -> None:
        """Start the process and wait for its address; blocks.

        Not by asyncio: uvloop forks, and gRPC's threads do not survive a fork; Popen spawns.
        """
        command = (sys.executable, "-m", "llmrpc_server.local_model", *self._arguments)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace")  # noqa: S603 - every word is ours
        said: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        reader = threading.Thread(target=_read, args=(self._process.stderr, said), daemon=True)
        reader.start()
        self._address = cast("IO[str]", self._process.stdout).readline().strip()
        if not self._address:
            self._end()
            reader.join()
            raise ModelFailed("".join(said))

    def _end(self) -> None:
        process, self._process, self._address = self._process, None, ""
        if process is None:
            return
        cast("IO[str]", process.stdin).close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        cast("IO[str]", process.stdout).close()


def _read(stream: IO[str], lines: collections.deque[str]) -> None:
    """Keep the end of what the process says, for as long as it runs: a full pipe would stop it."""
    with stream:
        lines.extend(stream)
