"""Takes a call's share of every limit that holds for it, all or nothing, and corrects afterwards what was a guess.

A minute begins with the first call that counts in it. Requests count when they are let in, whatever becomes of them.
Tokens are guessed at the door, the answer's as many as it may have, and counted anew when the call has ended. Calls at
the same time are counted by quarters of an hour, so that those of a process that died are forgotten.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from llmrpc.v1 import accounting_pb2
from llmrpc_server.call import Call
from llmrpc_server.config.limits import LimitSettings
from llmrpc_server.errors import Reason, StoreUnavailable
from llmrpc_server.rate_limits import rule
from llmrpc_server.rate_limits.counters import Change, Counters, CountersDown
from llmrpc_server.rate_limits.rule import Identity, Limit, identity

_MINUTE = 60
# Longer than nearly every call; what a dead process held is free after two.
EPOCH_SECONDS = 900
_IN_FLIGHT_RETRY_SECONDS = 1.0
_BROKEN_OFF = frozenset({Reason.ERROR_REASON_CANCELLED, Reason.ERROR_REASON_DEADLINE_EXCEEDED})


@dataclass(slots=True)
class Taken:
    """A call's shares.

    Attributes:
        guess: How many tokens were taken, of each counter of tokens.
        places: Counters of calls at the same time.
        at: When all of it had been counted, on the monotonic clock.
    """

    guess: int
    requests: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    at: float = 0.0

    def back(self) -> list[Change]:
        """Return what is given back when the call is refused after all."""
        ones = [Change(counter, -1) for counter in (*self.places, *self.requests)]
        return [*ones, *(Change(counter, -self.guess) for counter in self.tokens)]


class RateLimiter:
    """The rate limits of this server process, or of all that share memcached.

    Args:
        counters: Makes what counts, once there is a limit.
        uncounted: Called for each call that was let in though the counters did not answer.
    """

    def __init__(
        self, settings: LimitSettings, counters: Callable[[], Counters], uncounted: Callable[[], None]
    ) -> None:
        self._make_counters = counters
        self._made: Counters | None = None
        self._uncounted = uncounted
        self.configure(settings)

    def configure(self, settings: LimitSettings) -> None:
        """Go by other limits from the next call on; what is counted of those for the same callers stays."""
        self._rules = rule.rules(settings.rates)
        self._admit_uncounted = settings.store_down == "admit"

    async def take(self, call: Call) -> Taken | None:
        """Take a call's shares, which `correct` has to follow; None where no limit could hold.

        Raises:
            RateLimited: A limit is reached; nothing was taken of any.
            StoreUnavailable: It cannot be told, and the configuration says to refuse then.
        """
        if not self._rules:
            return None
        taken = Taken(guessed_tokens(call))
        try:
            await self._take_all(identity(call), taken)
        except CountersDown as error:
            if not self._admit_uncounted:
                await self._counters.correct(taken.back(), seconds=_MINUTE)
                raise StoreUnavailable("limits cannot be counted now") from error
            self._uncounted()
        except BaseException:
            await self._counters.correct(taken.back(), seconds=_MINUTE)
            raise
        taken.at = time.monotonic()
        return taken

    async def correct(self, call: Call, taken: Taken) -> None:
        """Free the call's places, and count the tokens that it really took.

        What was too much goes back to the minute that it was taken of, or nowhere; what is missing counts now.
        """
        changes = [Change(counter, -1) for counter in taken.places]
        if taken.tokens and (used := used_tokens(call, taken.guess)) != taken.guess:
            age = time.monotonic() - taken.at
            changes += [Change(counter, used - taken.guess, age) for counter in taken.tokens]
        if changes:
            await self._counters.correct(changes, seconds=_MINUTE)

    async def close(self) -> None:
        """Let go of connections, after the corrections under way."""
        if self._made is not None:
            await self._made.close()

    @property
    def _counters(self) -> Counters:
        if self._made is None:
            self._made = self._make_counters()
        return self._made

    async def _take_all(self, who: Identity, taken: Taken) -> None:
        for row in self._rules:
            counters = row.counters(who)
            for limit in () if counters is None else row.limits:
                refusal = await self._take(limit, f"{counters}:{limit.name}", taken)
                if refusal is not None:
                    raise row.refusal(limit, who, *refusal)

    async def _take(self, limit: Limit, counter: str, taken: Taken) -> tuple[str, float | None] | None:
        """Take a share of one counter; return why there is none, and in how many seconds there may be."""
        if limit.name == rule.IN_FLIGHT:
            fits = await self._take_place(limit.most, counter, taken.places)
            return None if fits else ("reached", _IN_FLIGHT_RETRY_SECONDS)
        amount, shares = (1, taken.requests) if limit.name == rule.REQUESTS else (taken.guess, taken.tokens)
        if amount > limit.most:
            return f"one call that may take {amount} never fits", None
        shares.append(counter)
        if await self._counters.add(counter, amount, seconds=_MINUTE) > limit.most:
            return "reached", await self._counters.seconds_left(counter)
        return None

    async def _take_place(self, most: int, counter: str, places: list[str]) -> bool:
        epoch = int(time.time() // EPOCH_SECONDS)
        now, before = f"{counter}:{epoch}", f"{counter}:{epoch - 1}"
        places.append(now)
        held = await self._counters.add(now, 1, seconds=2 * EPOCH_SECONDS)
        return held <= most and held + await self._counters.get(before) <= most


def guessed_tokens(call: Call) -> int:
    """Guess what a call will take: its input, and all of the answer that it allows."""
    return call.plan.input_tokens + (call.max_output_tokens or 0)


def used_tokens(call: Call, guess: int) -> int:
    """Tell what a call took, all attempts together; no less than was guessed where a provider did not get to say it."""
    used = sum(attempt.usage.input_tokens + attempt.usage.output_tokens for attempt in call.attempts)
    return max(used, guess) if any(map(_broke_off, call.attempts)) else used


def _broke_off(attempt: accounting_pb2.Attempt) -> bool:
    """Tell whether a provider worked for an attempt and did not get to say how much: it can be more than was seen."""
    if attempt.usage.source == accounting_pb2.USAGE_SOURCE_PROVIDER:
        return False
    failed = attempt.reason != Reason.ERROR_REASON_UNSPECIFIED
    return attempt.reason in _BROKEN_OFF or (failed and attempt.HasField("time_to_first_token"))
