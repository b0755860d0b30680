"""Takes a call's share of every limit that holds for it, all or nothing, and puts right afterwards what was a guess.

A minute begins with the first call that counts in it. Requests count when they are let in, whatever becomes of them.
Tokens are guessed at the door, the answer's as many as it may have, and counted anew when the call has ended. Calls at
the same time are counted by quarters of an hour, so that those of a process that died are forgotten.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from llmrpc_server.call import Call
from llmrpc_server.config.limits import LimitSettings
from llmrpc_server.errors import Reason, StoreUnavailable
from llmrpc_server.rates import rule
from llmrpc_server.rates.counters import Counters, CountersDown
from llmrpc_server.rates.rule import Limit, Rule, identity

_MINUTE = 60
# Longer than nearly every call; what a dead process held is free after two.
EPOCH_SECONDS = 900
_IN_FLIGHT_RETRY_SECONDS = 1.0
_BROKEN_OFF = frozenset({Reason.ERROR_REASON_CANCELLED, Reason.ERROR_REASON_DEADLINE_EXCEEDED})


@dataclass(frozen=True, slots=True)
class _Share:
    """What was taken of one counter.

    Attributes:
        until: When the minute ends at the latest, on the monotonic clock.
    """

    counter: str
    amount: int
    until: float = 0.0


class _Taken:
    """A call's shares."""

    def __init__(self) -> None:
        self.requests: list[_Share] = []
        self.tokens: list[_Share] = []
        self.in_flight: list[_Share] = []

    def all(self) -> list[_Share]:
        """Return all that is given back when the call is refused after all."""
        return [*self.requests, *self.tokens, *self.in_flight]


class Rates:
    """The rates of this server process, or of all that share memcached.

    Args:
        uncounted: Called for each call that was let in though the counters did not answer.
    """

    def __init__(self, settings: LimitSettings, counters: Counters, uncounted: Callable[[], None]) -> None:
        self._rules = tuple(Rule(number, rate) for number, rate in enumerate(settings.rates))
        self._counters = counters
        self._admit_uncounted = settings.store_down == "admit"
        self._uncounted = uncounted
        # The event loop itself holds its tasks but weakly.
        self._putting_right: set[asyncio.Task[None]] = set()

    def admitted(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Let a call run in the block that this begins.

        Raises:
            RateLimited: A limit is reached; nothing was taken of any.
            StoreUnavailable: It cannot be told, and the configuration says to refuse then.
        """
        return self._admitted(call) if self._rules else nullcontext()

    @asynccontextmanager
    async def _admitted(self, call: Call) -> AsyncIterator[None]:
        taken = await self._take(call)
        try:
            yield
        finally:
            await self._finish(self._put_right(call, taken))

    async def close(self) -> None:
        """Let go of connections, after what is still to be put right."""
        await asyncio.gather(*self._putting_right)
        await self._counters.close()

    async def _take(self, call: Call) -> _Taken:
        taken = _Taken()
        try:
            await self._take_all(call, taken)
        except CountersDown as error:
            if not self._admit_uncounted:
                await self._finish(self._give_back(taken.all()))
                raise StoreUnavailable("limits cannot be counted now") from error
            self._uncounted()
        except BaseException:
            await self._finish(self._give_back(taken.all()))
            raise
        return taken

    async def _take_all(self, call: Call, taken: _Taken) -> None:
        who = identity(call)
        for limit in chain.from_iterable(row.limits(who) for row in self._rules):
            match limit.name:
                case rule.IN_FLIGHT:
                    await self._take_place(limit, taken.in_flight)
                case rule.REQUESTS:
                    await self._take_some(limit, 1, taken.requests)
                case _:
                    await self._take_some(limit, guessed_tokens(call), taken.tokens)

    async def _take_some(self, limit: Limit, amount: int, taken: list[_Share]) -> None:
        if amount > limit.most:
            raise limit.refusal(f"one call that may take {amount} never fits", None)
        share = _Share(limit.counter, amount)
        taken.append(share)
        if await self._counters.add(limit.counter, amount, seconds=_MINUTE) > limit.most:
            raise limit.refusal("reached", await self._counters.seconds_left(limit.counter))
        if limit.name == rule.TOKENS:
            # Corrections belong to this minute, which may have begun long ago.
            left = await self._counters.seconds_left(limit.counter)
            taken[-1] = replace(share, until=time.monotonic() + left)

    async def _take_place(self, limit: Limit, taken: list[_Share]) -> None:
        epoch = int(time.time() // EPOCH_SECONDS)
        share = _Share(f"{limit.counter}:{epoch}", 1)
        taken.append(share)
        held = await self._counters.add(share.counter, 1, seconds=2 * EPOCH_SECONDS)
        if held <= limit.most:
            held += await self._counters.get(f"{limit.counter}:{epoch - 1}")
        if held > limit.most:
            raise limit.refusal("reached", _IN_FLIGHT_RETRY_SECONDS)

    async def _put_right(self, call: Call, taken: _Taken) -> None:
        """Free the call's places, and count the tokens that it really took."""
        await self._give_back(taken.in_flight)
        used = used_tokens(call)
        if used is None:
            return
        for share in taken.tokens:
            if used > share.amount:
                await self._counters.add(share.counter, used - share.amount, seconds=_MINUTE)
            elif used < share.amount and time.monotonic() < share.until:
                await self._counters.take_back(share.counter, share.amount - used)

    async def _give_back(self, shares: Sequence[_Share]) -> None:
        for share in shares:
            await self._counters.take_back(share.counter, share.amount)

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it whatever becomes of the caller; counters that do not answer lose it."""
        task = asyncio.create_task(_quietly(work))
        self._putting_right.add(task)
        task.add_done_callback(self._putting_right.discard)
        await asyncio.shield(task)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except CountersDown:
        return


def guessed_tokens(call: Call) -> int:
    """Guess what a call will take: its input, and all of the answer that it allows."""
    return call.plan.input_tokens + (call.max_output_tokens or 0)


def used_tokens(call: Call) -> int | None:
    """Tell what a call took, all attempts together; None where a provider worked for it and did not say how much."""
    unsaid = (attempt for attempt in call.attempts if not attempt.HasField("usage"))
    if any(attempt.reason in _BROKEN_OFF or attempt.HasField("time_to_first_token") for attempt in unsaid):
        return None
    return sum(attempt.usage.input_tokens + attempt.usage.output_tokens for attempt in call.attempts)
