"""How long a call waits for a provider's next word."""

import asyncio
from types import TracebackType
from typing import Self

# A look that is this late, in seconds, says that this process stood still, not the provider: first what came is heard.
_STOOD_STILL = 0.05
_MOMENT = 0.02


class OutOfPatience(Exception):
    """A wait took too long."""


class Patience:
    """Ends the block with OutOfPatience when one wait in it takes too long; what is not waiting does not count.

    A timeout that were set anew for every event would cost more than the event: here one timer looks now and then, and
    at last when a wait has to end.

    Args:
        limit: For the first output, in seconds; None for no limit.
        idle: For each that follows.

    Attributes:
        waited: Seconds of waiting up to now.
    """

    def __init__(self, limit: float | None, idle: float | None) -> None:
        self.waited = 0.0
        self._limit = limit
        self._idle = idle
        self._since: float | None = None
        # The wait that was granted a moment more.
        self._forgiven: float | None = None
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None
        # When the next look is due, on the event loop's clock.
        self._due = 0.0

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("Patience needs a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._loop = asyncio.get_running_loop()
        limits = [limit for limit in (self._limit, self._idle) if limit is not None]
        if limits:
            self._look_at(self._loop.time() + min(limits))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # As asyncio's own timeout does it: a cancellation by others goes before.
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise OutOfPatience from error

    def wait(self) -> None:
        """Begin to wait."""
        self._since = self._loop.time()

    def heard(self) -> None:
        """End waiting."""
        if self._since is not None:
            self.waited += self._loop.time() - self._since
            self._since = None

    def answering(self) -> None:
        """End the wait for the first output: from now on the limit is that of idle waiting."""
        self.heard()
        self._limit = self._idle

    def _look_at(self, moment: float) -> None:
        self._due = moment
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        ends = None if self._limit is None else (self._since or now) + self._limit
        if ends is None or ends > now:
            # The first output may come until then, and the wait after it has the other limit.
            looks = [moment for moment in (ends, self._idle and now + self._idle) if moment is not None]
            if looks:
                self._look_at(min(looks))
            return
        if now - self._due > _STOOD_STILL and self._forgiven != self._since:
            self._forgiven = self._since
            self._look_at(now + _MOMENT)
            return
        # While it waits, the task is inside of the block: nobody else is hit.
        self._expired = True
        self._task.cancel()
