"""The caller's side of a call: what goes out to it, and until when it waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import grpc

from llmrpc_server.call import Event
from llmrpc_server.departure import Departure
from llmrpc_server.edge.rpc import CALL_ID_METADATA, Context, Rpc
from llmrpc_server.errors import CallError, DeadlineExceeded, ShuttingDown


class Caller:
    """Sends to the caller of an RPC. The call's deadline, or the process's departure, ends waiting, never a sending.

    gRPC cannot send a status after something whose sending was broken off. A caller who does not read meets the RPC's
    own deadline instead. One timer serves the whole call: one that were set anew around each sending would cost more
    than the message.
    """

    def __init__(self, record: Rpc, context: Context, departure: Departure) -> None:
        self._record = record
        self._context = context
        self._departure = departure
        self._deadline: float | None = None
        # There are both from the moment that the call waits.
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.Handle | None = None
        self._sending = False
        # Makes what it is to end with, which it does not while something is sent.
        self._over: Callable[[], CallError] | None = None
        self._ended = False
        # When the last sending was over, on the monotonic clock.
        self._sent_at = 0.0

    def until(self, deadline: float | None) -> "Caller":
        """Give the block that this begins a time, on the event loop's clock, at which it ends.

        Raises:
            DeadlineExceeded: The time came, or has been.
            ShuttingDown: The process goes away.
        """
        self._deadline = deadline
        return self

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        if self._deadline is not None and self._deadline <= loop.time():
            raise _late()
        if self._departure.come:
            raise _going_away()
        self._departure.tell(self._dismiss)
        self._task = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task else 0
        if self._deadline is not None:
            # What the cache has is told before the loop's next turn, and a timer costs more than the cache does.
            self._timer = loop.call_soon(self._set_timer, loop, self._deadline)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._departure.forget(self._dismiss)
        if not (self._ended and self._over and self._task):
            return
        # As asyncio's own timeout does it: a cancellation by others goes before.
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise self._over() from error

    def overdue(self, error: BaseException) -> float:
        """Return how long after its time the call ended, in seconds: what the server, and nobody else, took for it.

        Args:
            error: What it ended with. 0 where that was not its time: the caller left, or did not read, or gave it none.
        """
        late = isinstance(error, DeadlineExceeded) or (self._ended and self._over is _late)
        if self._task is None or self._deadline is None or not late:
            return 0.0
        # Not the event loop's clock, which uvloop stops while a step runs.
        return time.monotonic() - max(self._deadline, self._sent_at)

    async def commit(self) -> None:
        """Send the initial metadata, once: from now on neither a gRPC client nor a mesh retries the RPC."""
        if not self._record.committed:
            self._record.committed = True
            await self._sent(self._context.send_initial_metadata(((CALL_ID_METADATA, self._record.call_id),)))

    async def write(self, event: Event) -> None:
        """Send one message of a stream."""
        await self._sent(self._context.write(event))

    async def _sent(self, sending: Awaitable[None]) -> None:
        self._sending = True
        try:
            await sending
        except grpc.aio.BaseError as error:
            # The RPC ended meanwhile; its own cancellation of this task is on its way.
            self._record.gone = True
            raise asyncio.CancelledError from error
        self._sending = False
        self._sent_at = time.monotonic()
        if self._over:
            self._end_waiting()

    def _set_timer(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        self._timer = loop.call_at(deadline, self._time_is_up)

    def _time_is_up(self) -> None:
        self._end(_late)

    def _dismiss(self) -> None:
        self._end(_going_away)

    def _end(self, why: Callable[[], CallError]) -> None:
        self._over = self._over or why
        if not self._sending:
            self._end_waiting()

    def _end_waiting(self) -> None:
        if self._task is not None and not self._ended:
            self._ended = True
            self._task.cancel()


def _late() -> DeadlineExceeded:
    return DeadlineExceeded("the call's deadline passed")


def _going_away() -> ShuttingDown:
    return ShuttingDown("this server process is going away")
