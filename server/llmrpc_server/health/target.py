"""How one target is doing: what its breaker, its latencies and its retry budget say together."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from llmrpc.v1 import accounting_pb2, error_reason_pb2, model_pb2
from llmrpc_server.call import Pace
from llmrpc_server.config import BreakerSettings, GateSettings
from llmrpc_server.errors import Blame, NoTargetAvailable, Overloaded, ProviderError
from llmrpc_server.gate import Gate
from llmrpc_server.health.breaker import Breaker, State
from llmrpc_server.health.latency import Latency
from llmrpc_server.health.retry_budget import RetryBudget
from llmrpc_server.moments import duration, timestamp

# Of a slow target's calls, so many go elsewhere before one tries whether it has recovered.
_BETWEEN_TRIALS = 5
# An answer takes as long as so many tokens more than it has.
_TOKENS_OF_AN_ANSWER = 50
# Who leaves after so many seconds without a word did not leave for reasons of their own.
_SILENCE_SECONDS = 10.0
# After which trying again makes sense where too many are at it.
_BUSY_SECONDS = 1.0


class TargetHealth:
    """One target, seen from this process.

    Args:
        target: Names it.
        settings: When its breaker opens.
        changed: Called when its state is another one.
        gate: How many attempts at it may be under way; None for any number.
        clock: The time in seconds, monotonic.

    Attributes:
        budget: How often it may be asked again.
        state: As it was after the last attempt.
        last_reason: Why the last failed attempt failed.
    """

    def __init__(
        self,
        target: accounting_pb2.Target,
        settings: BreakerSettings,
        changed: Callable[["TargetHealth"], None],
        gate: GateSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self.budget = RetryBudget(clock)
        self._gate: Gate | None = None
        self.state: model_pb2.HealthState.ValueType = model_pb2.HEALTH_STATE_HEALTHY
        self.last_reason: error_reason_pb2.ErrorReason.ValueType = error_reason_pb2.ERROR_REASON_UNSPECIFIED
        self._breaker = Breaker(settings, clock)
        self._changed = changed
        self._clock = clock
        self._changed_at = time.time()
        self._resting_until = 0.0
        # Of streams, and of whole answers: these have no first token, and their time depends on their length.
        self._first_token, self._token, self._whole = Latency(), Latency(), Latency()
        self._whole_token = Latency()
        self._passed_over = 0
        self._on_trial = False
        self.configure(settings, gate)

    def configure(self, settings: BreakerSettings, gate: GateSettings | None) -> None:
        """Go by other settings from the next attempt on; what is known of the target stays."""
        self._breaker.configure(settings)
        self._long_pause = settings.long_pause.total_seconds()
        if gate is None:
            self._gate = None
        elif self._gate is None:
            self._gate = Gate(gate, self._refusal)
        else:
            self._gate.resize(gate)

    def retire(self) -> None:
        """Tell nobody of changes any more: another target has its name, or none has."""
        self._changed = _nobody

    @property
    def name(self) -> str:
        """As callers write it: "provider/model"."""
        return f"{self.target.provider}/{self.target.model}"

    @property
    def open(self) -> bool:
        """Whether nobody may ask it now."""
        return not self._breaker.admits

    @property
    def resting(self) -> bool:
        """Whether it asked to be left alone: others go first, but it may be asked."""
        return self._resting_until > 0.0 and self._clock() < self._resting_until

    @property
    def retry_in(self) -> float:
        """In how many seconds it may be asked again."""
        until = max(self._resting_until, self._breaker.open_until if self.open else 0.0)
        return max(until - self._clock(), 0.0)

    def expected(self, *, streaming: bool) -> float:
        """Return how long it usually takes to its first output, in seconds; 0 where that is not known."""
        return (self._first_token if streaming else self._whole).seconds

    def is_well(self, *, streaming: bool, within: float) -> bool:
        """Tell whether nothing speaks against asking it; it is expected to answer within so many seconds."""
        latency = self._first_token if streaming else self._whole
        return self.state == model_pb2.HEALTH_STATE_HEALTHY and latency.seconds <= within

    @property
    def degraded(self) -> bool:
        """Whether it answers much more slowly than usual."""
        return self._first_token.degraded or self._token.degraded or self._whole_token.degraded

    def its_turn(self) -> bool:
        """Count a call that would pass over it because it is slow; tell whether this one is to try it all the same."""
        self._passed_over += 1
        return self._passed_over > _BETWEEN_TRIALS and not self._on_trial

    async def admit(self, *, wait: bool, streaming: bool, within: float = math.inf) -> "Permit":
        """Let an attempt through; `leave` has to follow.

        Args:
            wait: Whether to wait where too many are at it.
            streaming: Whether the answer is wanted as it grows.
            within: In how many seconds it has to begin. A probe with less than the target usually takes would fail,
                and keep a target away that is well: another call is waited for, for a while.

        Raises:
            Overloaded: Too many are at it.
            NoTargetAvailable: It is left alone.
        """
        gate = self._gate
        if gate is not None:
            await gate.enter(wait=wait)
        if self.open or (self._breaker.can_choose and within <= self.expected(streaming=streaming)):
            if gate is not None:
                gate.leave()
            text = f"{self.name} is left alone after failures"
            raise NoTargetAvailable(text, retry_after=self.retry_in)
        trial = self._passed_over > _BETWEEN_TRIALS and not self._on_trial
        permit = Permit(self._breaker.enter(), trial, self._clock(), gate)
        if permit.trial:
            self._on_trial, self._passed_over = True, 0
        if permit.probe:
            self.settle()
        return permit

    def answering(self, permit: "Permit") -> None:
        """Take note of an attempt's first output: a probe has shown that the target is back."""
        if permit.probe:
            permit.probe = 0
            self._breaker.recovered()
            self.settle()

    def answered(self, permit: "Permit", pace: Pace, *, streaming: bool, tokens: int) -> None:
        """End an attempt that succeeded.

        Args:
            permit: The attempt's.
            streaming: Whether the answer came as it grew.
            pace: How fast it was.
            tokens: Of the output; 0 where it is not known.
        """
        permit.ended = True
        self._resting_until = 0.0
        self._breaker.succeeded()
        if streaming:
            self._first_token.observe(pace.first)
            if tokens > 1:
                self._token.observe(pace.whole - pace.first, tokens)
        else:
            self._whole.observe(pace.whole)
            if tokens:
                self._whole_token.observe(pace.whole, tokens + _TOKENS_OF_AN_ANSWER)
        self._left(permit)

    def failed(self, permit: "Permit", error: ProviderError) -> None:
        """End an attempt that failed."""
        self.last_reason = error.reason
        if error.other_key:
            self._abandoned(permit)
            return
        permit.ended = True
        if error.blame is not Blame.NONE:
            pause = error.retry_after
            if error.blame is Blame.ACCOUNT:
                pause = max(pause or 0.0, self._long_pause)
            if pause is not None:
                self._resting_until = max(self._resting_until, self._clock() + pause)
            self._breaker.failed(permit.probe, pause)
        elif error.http_status:
            # It answers, if only to refuse.
            self.answering(permit)
        else:
            self._breaker.abandoned(permit.probe)
        self._left(permit)

    def leave(self, permit: "Permit", *, speechless: bool) -> None:
        """Let another attempt in; one whose end was not told was broken off from here.

        Args:
            permit: The attempt's.
            speechless: Whether it had said nothing; for very long, that speaks against the target.
        """
        if not permit.ended:
            self._abandoned(permit, silent=self._clock() - permit.since if speechless else 0.0)
        if permit.gate is not None:
            permit.gate.leave()

    def settle(self) -> None:
        """Tell of a new state, if it is one: time alone can bring it."""
        if (state := self._state()) != self.state:
            self.state, self._changed_at = state, time.time()
            self._changed(self)

    def _refusal(self) -> Overloaded:
        text = f"{self.name} is asked as much as this server may ask it"
        return Overloaded(text, retry_after=_BUSY_SECONDS)

    def _abandoned(self, permit: "Permit", silent: float = 0.0) -> None:
        permit.ended = True
        if silent > _SILENCE_SECONDS:
            self._breaker.failed(permit.probe)
        else:
            self._breaker.abandoned(permit.probe)
        self._left(permit)

    def _left(self, permit: "Permit") -> None:
        if permit.trial:
            self._on_trial = False
        self.settle()

    def message(self) -> model_pb2.TargetHealth:
        """Make the message that tells of it."""
        told = model_pb2.TargetHealth(
            target=self.target,
            state=self.state,
            error_rate=self._breaker.error_rate,
            last_reason=self.last_reason,
            change_time=timestamp(self._changed_at),
        )
        if seconds := self._first_token.seconds:
            told.time_to_first_token.CopyFrom(duration(seconds))
        if self.state == model_pb2.HEALTH_STATE_OPEN:
            told.retry_time.CopyFrom(timestamp(time.time() + self.retry_in))
        return told

    def _state(self) -> model_pb2.HealthState.ValueType:
        if self._breaker.state is State.CLOSED and not self.resting:
            return model_pb2.HEALTH_STATE_DEGRADED if self.degraded else model_pb2.HEALTH_STATE_HEALTHY
        if self._breaker.state is State.HALF_OPEN:
            return model_pb2.HEALTH_STATE_HALF_OPEN
        return model_pb2.HEALTH_STATE_OPEN


@dataclass(slots=True)
class Permit:
    """One attempt that was let through.

    Attributes:
        probe: Not 0: it is one that tries whether an open target is back.
        trial: It is the one that tries whether a slow target is as fast again.
        since: When it was, on the clock.
        gate: What it came through.
        ended: How it went has been told.
    """

    probe: int
    trial: bool
    since: float
    gate: Gate | None
    ended: bool = False


def _nobody(_: TargetHealth) -> None:
    """Be nobody who wants to know."""
