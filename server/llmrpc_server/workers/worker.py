"""A place among the workers: who has it, and when the next one may."""

import time
from collections.abc import Callable, Sequence

from llmrpc_server.workers.process import Process

_LONG_LIVED_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 60.0


class Worker:
    """One of the workers, over all its processes.

    Args:
        number: From 0.
        command: What starts a process.
        write: Takes lines of the log.

    Attributes:
        process: The one that runs; None while there is none.
        restarts: How many took a dead one's place.
        starts_at: While there is none: when the next one is due, on the monotonic clock.
    """

    def __init__(self, number: int, command: Sequence[str], write: Callable[[bytes], object]) -> None:
        self.number = number
        self.process: Process | None = None
        self.restarts = -1
        self.starts_at = time.monotonic()
        self._command = command
        self._write = write
        self._started = 0.0
        self._early_deaths = 0

    @property
    def serves(self) -> bool:
        """Whether there is a process that does."""
        return self.process is not None and self.process.serves

    def start(self) -> Process:
        """Start a process.

        Raises:
            OSError: The system has no room for it.
        """
        self.restarts += 1
        self._started = time.monotonic()
        self.process = Process(self.number, self._command, self._write)
        if self.restarts:
            self.process.output.release()
        return self.process

    def empty(self) -> float:
        """Note that the process has ended; return for how long there shall be none, in seconds.

        At first for no time, and for longer and longer where processes end soon after they began.
        """
        self.process = None
        now = time.monotonic()
        lived_long = now - self._started >= _LONG_LIVED_SECONDS
        self._early_deaths = 0 if lived_long else self._early_deaths + 1
        pause = min(2.0 ** (self._early_deaths - 2), _LONGEST_PAUSE_SECONDS) if self._early_deaths > 1 else 0.0
        self.starts_at = now + pause
        return pause
