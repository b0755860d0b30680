"""How one target is doing: what its breaker, its latencies and its retry budget say together."""

import time
from collections.abc import Callable

from llmrpc.v1 import accounting_pb2, error_reason_pb2, model_pb2
from llmrpc_server.call import Pace
from llmrpc_server.config import BreakerSettings, GateSettings
from llmrpc_server.errors import Blame, Overloaded, ProviderError
from llmrpc_server.gate import Gate
from llmrpc_server.health.breaker import Breaker, State
from llmrpc_server.health.retry_budget import RetryBudget
from llmrpc_server.health.speed import Speed
from llmrpc_server.moments import duration, timestamp

# How many of a slow target's calls go elsewhere before one tries whether it has recovered.
_BETWEEN_TRIALS = 5
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
        clock: As given.
        budget: How often it may be asked again.
        gate: Bounds the attempts at it that are under way; None for any number.
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
        self.gate: Gate | None = None
        self.state: model_pb2.HealthState.ValueType = model_pb2.HEALTH_STATE_HEALTHY
        self.last_reason: error_reason_pb2.ErrorReason.ValueType = error_reason_pb2.ERROR_REASON_UNSPECIFIED
        self._breaker = Breaker(settings, clock)
        self._changed = changed
        self.clock = clock
        self._changed_at = time.time()
        self._resting_until = 0.0
        self._speed = Speed()
        self._passed_over = 0
        self._on_trial = False
        self.configure(settings, gate)

    def configure(self, settings: BreakerSettings, gate: GateSettings | None) -> None:
        """Go by other settings from the next attempt on; what is known of the target stays."""
        self._breaker.configure(settings)
        self._long_pause = settings.long_pause.total_seconds()
        if gate is None:
            self.gate = None
        elif self.gate is None:
            self.gate = Gate(gate, self._refusal)
        else:
            self.gate.resize(gate)
        self.settle()

    def retire(self) -> None:
        """Report no change any more: another target has its name, or none has."""
        self._changed = _ignore

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
        return self._resting_until > 0.0 and self.clock() < self._resting_until

    @property
    def retry_in(self) -> float:
        """In how many seconds it may be asked again."""
        until = max(self._resting_until, self._breaker.open_until if self.open else 0.0)
        return max(until - self.clock(), 0.0)

    def expected(self, *, streaming: bool) -> float:
        """Return how long it usually takes to its first output, in seconds; 0 where that is not known."""
        return self._speed.expected(streaming=streaming)

    def is_well(self, *, streaming: bool, within: float) -> bool:
        """Return whether nothing speaks against asking it for an answer that begins within some seconds."""
        return self.state == model_pb2.HEALTH_STATE_HEALTHY and self._speed.expected(streaming=streaming) <= within

    @property
    def degraded(self) -> bool:
        """Whether it answers much more slowly than usual."""
        return self._speed.degraded

    def its_turn(self) -> bool:
        """Count a call that would pass over it because it is slow; return whether this one tries it all the same."""
        self._passed_over += 1
        return self._trial_due

    def begin_trial(self) -> bool:
        """Have the attempt that begins try whether it is as fast again, if that is due; return whether it does."""
        if not self._trial_due:
            return False
        self._on_trial, self._passed_over = True, 0
        return True

    def end_trial(self) -> None:
        """Let another attempt try it later."""
        self._on_trial = False

    def admits(self, *, streaming: bool, within: float) -> bool:
        """Return whether an attempt may begin.

        Args:
            streaming: Whether the answer is wanted as it grows.
            within: In how many seconds it has to begin. A probe with less than the target usually takes would fail,
                and keep a target away that is well: another call is waited for, for a while.
        """
        if self.open:
            return False
        return not (self._breaker.can_choose and within <= self.expected(streaming=streaming))

    def enter(self) -> int:
        """Let an attempt begin, which has to be admitted; return its number if it is a probe, else 0."""
        probe = self._breaker.enter()
        if probe:
            self.settle()
        return probe

    def recovered(self) -> None:
        """Take a sign of life: what it is a probe for has been shown."""
        self._breaker.recovered()
        self.settle()

    def answered(self, pace: Pace, *, streaming: bool, tokens: int) -> None:
        """Count an attempt that succeeded.

        Args:
            pace: How fast it was.
            streaming: Whether the answer came as it grew.
            tokens: Of the output; 0 where it is not known.
        """
        self._resting_until = 0.0
        self._breaker.succeeded()
        self._speed.observe(pace, streaming=streaming, tokens=tokens)
        self.settle()

    def failed(self, error: ProviderError, probe: int) -> None:
        """Count an attempt that failed; `probe` is what `enter` said of it, or 0 once it has shown a sign of life."""
        self.last_reason = error.reason
        if error.other_key:
            self._breaker.abandoned(probe)
        elif error.blame is not Blame.NONE:
            pause = error.retry_after
            if error.blame is Blame.ACCOUNT:
                pause = max(pause or 0.0, self._long_pause)
            if pause is not None:
                self._resting_until = max(self._resting_until, self.clock() + pause)
            self._breaker.failed(probe, pause)
        elif not error.http_status:
            self._breaker.abandoned(probe)
        elif probe:
            # It answers, if only to refuse.
            self._breaker.recovered()
        self.settle()

    def abandoned(self, probe: int, *, in_vain: bool) -> None:
        """Count an attempt that was broken off from here; `in_vain`: for want of an answer, which counts as failed."""
        if in_vain:
            self._breaker.failed(probe)
        else:
            self._breaker.abandoned(probe)
        self.settle()

    def settle(self) -> None:
        """Report a new state, if it is one: time alone can bring it."""
        if (state := self._state()) != self.state:
            self.state, self._changed_at = state, time.time()
            self._changed(self)

    @property
    def _trial_due(self) -> bool:
        return self._passed_over > _BETWEEN_TRIALS and not self._on_trial

    def _refusal(self) -> Overloaded:
        text = f"{self.name} is asked as much as this server may ask it"
        return Overloaded(text, retry_after=_BUSY_SECONDS)

    def message(self) -> model_pb2.TargetHealth:
        """Make the message that describes it."""
        message = model_pb2.TargetHealth(
            target=self.target,
            state=self.state,
            error_rate=self._breaker.error_rate,
            last_reason=self.last_reason,
            change_time=timestamp(self._changed_at),
        )
        if seconds := self._speed.first_token.seconds:
            message.time_to_first_token.CopyFrom(duration(seconds))
        if self.state == model_pb2.HEALTH_STATE_OPEN:
            message.retry_time.CopyFrom(timestamp(time.time() + self.retry_in))
        return message

    def _state(self) -> model_pb2.HealthState.ValueType:
        if self._breaker.state is State.CLOSED and not self.resting:
            return model_pb2.HEALTH_STATE_DEGRADED if self.degraded else model_pb2.HEALTH_STATE_HEALTHY
        if self._breaker.state is State.HALF_OPEN:
            return model_pb2.HEALTH_STATE_HALF_OPEN
        return model_pb2.HEALTH_STATE_OPEN


def _ignore(_: TargetHealth) -> None:
    """Report to nobody."""
