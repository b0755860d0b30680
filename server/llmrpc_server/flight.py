"""A call under way that any number of callers follow, and that outlives each of them.

It runs in a task of its own and in an empty context: nothing in it sees the RPC that began it. Whoever follows hears
all events from the first, waits until its own deadline and may leave at any moment.
"""

import asyncio
import contextvars
import copy
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from types import TracebackType

import structlog

from llmrpc_server.call import Call, Event, Events
from llmrpc_server.errors import CallError, DeadlineExceeded, Internal
from llmrpc_server.lateness import passed

Commit = Callable[[], Awaitable[None]]

log = structlog.get_logger()

# The event loop itself holds its tasks but weakly.
_airborne: set[asyncio.Task[None]] = set()


class Flight:
    """One run of a call's events, shared by its followers.

    It runs from the moment it is made. It is cancelled when its last follower has left, unless its answer is whole by
    then: what comes after `completed` always gets done. It reads as fast as its source speaks and keeps what was said
    until it is forgotten; a slow follower holds up nobody.

    Args:
        fly: Makes the events. It is given the commit of the run, which reaches every follower's own.
        linger: For how many seconds it goes on without a follower, so that somebody who lost it can come back.
    """

    def __init__(self, fly: Callable[[Commit], Events], *, linger: float = 0.0) -> None:
        self._said: list[Event] = []
        self._news = asyncio.Event()
        self._committed = self._whole = self._over = self._abandoned = self._forgotten = False
        self._failure: tuple[Exception, TracebackType | None] | None = None
        self._followers = 0
        self._linger = linger
        self._lingering: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._run(fly), context=contextvars.Context())
        _airborne.add(self._task)
        self._task.add_done_callback(self._land, context=contextvars.Context())

    @property
    def joinable(self) -> bool:
        """Whether a new follower will hear it to its end: it was not given up."""
        return not self._abandoned

    @property
    def under_way(self) -> bool:
        """Whether its answer, or its failure, is still to come."""
        return not (self._whole or self._over)

    def when_over(self, do: Callable[[], None]) -> None:
        """Call a function once nothing of the flight runs any more, however it ended."""
        self._task.add_done_callback(lambda _: do(), context=contextvars.Context())

    def forget(self) -> None:
        """Let what was said go with the last follower: no other will come.

        A run that broke off holds itself, by its exception, until the garbage is collected; its events are large.
        """
        self._forgotten = True
        self._drop()

    async def follow(self, commit: Commit, deadline: float | None = None) -> Events:
        """Yield all its events from the first, each as a copy of the follower's own.

        Args:
            commit: Awaited once, in the follower's task, when the run has committed.
            deadline: On the event loop's clock; None for none.

        Raises:
            DeadlineExceeded: The follower's time came first.
            CallError: What the run failed with; every follower gets it.
        """
        self._arrive()
        try:
            heard, committed = 0, False
            while True:
                if self._committed and not committed:
                    committed = True
                    await commit()
                if heard < len(self._said):
                    event = Event()
                    event.CopyFrom(self._said[heard])
                    heard += 1
                    yield event
                elif self._over:
                    break
                else:
                    await self._more(deadline)
            if self._failure is not None:
                error, traceback = self._failure
                raise error.with_traceback(traceback)
        finally:
            await self._leave(late=passed(deadline))

    async def give_up(self) -> None:
        """Cancel it, whoever follows, and return when nothing of it runs any more; an answer that is whole is kept."""
        if not self._whole:
            self._abandon()
        await asyncio.wait((self._task,))

    async def _run(self, fly: Callable[[Commit], Events]) -> None:
        try:
            async with aclosing(fly(self._commit)) as events:
                async for event in events:
                    self._whole = event.HasField("completed")
                    self._said.append(event)
                    self._tell()
        except Exception as error:
            self._failure = error, error.__traceback__
            if not self._followers and not isinstance(error, CallError):
                log.exception("unexpected error in a call that nobody follows")

    def _land(self, task: asyncio.Task[None]) -> None:
        """Note that nothing runs any more; a task that is cancelled before its first step never gets into `_run`."""
        _airborne.discard(task)
        if task.cancelled():
            self._failure = Internal(), None
        self._abandoned = self._abandoned or not self._whole
        self._over = True
        self._tell()

    async def _commit(self) -> None:
        self._committed = True
        self._tell()

    def _tell(self) -> None:
        """Wake those who wait; each of them looks for itself what is new."""
        self._news.set()
        self._news.clear()

    async def _more(self, deadline: float | None) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._news.wait()
        except TimeoutError as error:
            raise DeadlineExceeded("the call's deadline passed") from error

    def _arrive(self) -> None:
        self._followers += 1
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    async def _leave(self, *, late: bool) -> None:
        """Go; one whose time was up was not lost, and does not come back."""
        self._followers -= 1
        self._drop()
        if self._followers or self._whole or self._over:
            return
        if self._linger and not late:
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(self._linger, self._abandon, context=contextvars.Context())
        else:
            # The last one waits for the end, as it would have done alone: its books are then whole.
            await self.give_up()

    def _drop(self) -> None:
        if self._forgotten and not self._followers:
            self._said.clear()

    def _abandon(self) -> None:
        if not (self._abandoned or self._whole):
            self._abandoned = True
            self._task.cancel()


def detached(call: Call, commit: Commit) -> Call:
    """Make the same call with a commit and books of its own, for a run that outlives the RPC that began it."""
    apart = copy.copy(call)
    apart.commit = commit
    apart.attempts = []
    apart.warnings = []
    return apart
