"""What becomes of a stream whose provider broke off: it fails, starts again or goes on, as the caller chose."""

from collections.abc import Iterator

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.attempts.continuation import Continuation, PartialAnswer
from llmrpc_server.call import Call, Event
from llmrpc_server.errors import CallError, Code
from llmrpc_server.moments import duration
from llmrpc_server.plan import Target
from llmrpc_server.requests.features import Feature

_CONTINUE = completion_pb2.INTERRUPTION_POLICY_CONTINUE
_RESTARTING = {completion_pb2.INTERRUPTION_POLICY_RESTART, _CONTINUE}
_REFUSALS = {Code.INVALID_ARGUMENT, Code.UNIMPLEMENTED}


class Rescue:
    """One call's.

    Attributes:
        follows: Whether every event has to pass through `shown`.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        policy = call.request.stream.on_interruption
        self._restarts = policy in _RESTARTING
        self.follows = call.streaming and policy == _CONTINUE and _may_continue(call)
        self._partial = PartialAnswer()
        self._continuation: Continuation | None = None
        # Attempts that the caller has heard of.
        self._reported = 0
        # Targets that refused to go on from a begun answer.
        self._unwilling: set[Target] = set()

    @property
    def is_needed(self) -> bool:
        """Whether the caller has some of the answer."""
        return self._call.streaming and self._call.first_output is not None

    @property
    def is_allowed(self) -> bool:
        """Whether the caller can bear another attempt."""
        return self._restarts or not self.is_needed

    def shown(self, event: Event) -> Event | None:
        """Return an event as the caller is to see it; None for nothing."""
        mapped = event if self._continuation is None else self._continuation.mapped(event)
        if mapped is not None:
            self._partial.note(mapped)
        return mapped

    def was_refused(self, failure: CallError) -> bool:
        """Return whether the target refused nothing but to go on from a begun answer."""
        call = self._call
        refused = call.prefill is not None and failure.code in _REFUSALS and not call.attempt_shows
        if refused:
            self._unwilling.add(call.target)
        return refused

    def prepare(self, target: Target, *, wait: float, reported: bool) -> Iterator[Event]:
        """Make ready for an attempt at a target, and yield what the caller must know.

        Args:
            target: The one that is asked next.
            wait: Seconds until then.
            reported: Whether the caller hears of the attempt that failed.
        """
        call = self._call
        again = target == call.target
        call.cause = accounting_pb2.ATTEMPT_CAUSE_RETRY if again and reported else accounting_pb2.ATTEMPT_CAUSE_FALLBACK
        call.prefill = self._continuation = None
        if not self.is_needed:
            return
        if reported and self._reported < len(call.attempts):
            self._reported = len(call.attempts)
            failed = completion_pb2.AttemptFailed(attempt=call.attempt, next_target=target.message())
            if wait:
                failed.retry_delay.CopyFrom(duration(wait))
            yield Event(attempt_failed=failed)
        if self._goes_on_at(target):
            call.prefill = self._partial.prefill()
        if call.prefill is not None:
            call.cause = accounting_pb2.ATTEMPT_CAUSE_CONTINUATION
            self._continuation = self._partial.continued()
            return
        call.first_output = None
        reset = Event(output_reset=completion_pb2.OutputReset(cause=call.cause))
        self._partial.note(reset)
        yield reset

    def _goes_on_at(self, target: Target) -> bool:
        """Return whether a target is to go on from a begun answer; should it refuse, one more attempt must be left."""
        takes = Feature.PREFILL in target.provider.features and target not in self._unwilling
        return self.follows and takes and self._call.attempts_left > 1


def _may_continue(call: Call) -> bool:
    """Return whether vendors may take a begun answer: not where a shape is asked for, nor where thinking is."""
    config = call.request.config
    if config.reasoning_effort > completion_pb2.REASONING_EFFORT_NONE or config.HasField("reasoning_budget_tokens"):
        return False
    return call.request.output.WhichOneof("format") is None
