"""A call with a primary target and perhaps others behind it, and all that its caller sees."""

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.assembler import Assembler
from llmrpc.v1 import accounting_pb2, completion_pb2, error_reason_pb2

RESTART = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)
CONTINUE = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_CONTINUE)

_names = itertools.count(1)


@dataclass
class Seen:
    """What the caller saw.

    Attributes:
        code: The status's name.
        reason: Of the error; empty for OK.
        text: Of the answer that the caller has at the end, whole or not.
        whole: The text of `completed`, or of the unstreamed answer.
        attempts: The books: provider, cause and reason of each.
        reached: How many of them the books have as asked: those that were refused, or have counts.
        events: The events of a stream, but for deltas that follow each other.
        delays: Before attempts of which the caller was told, in seconds.
        output_sent: As the error tells it.
        retry_after: As the error tells it, in seconds; None where it does not.
        seconds: How long the call took.
    """

    code: str = "OK"
    reason: str = ""
    text: str = ""
    whole: str = ""
    attempts: list[tuple[str, str, str]] = field(default_factory=list)
    reached: int = 0
    events: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    output_sent: bool = False
    retry_after: float | None = None
    seconds: float = 0.0

    @property
    def by_provider(self) -> dict[str, int]:
        """How many attempts there were at each provider."""
        return dict(Counter(provider for provider, _, _ in self.attempts))

    @property
    def causes(self) -> list[str]:
        """Why each attempt was made."""
        return [cause for _, cause, _ in self.attempts]

    def told(self, attempts: Sequence[accounting_pb2.Attempt]) -> None:
        """Take note of the books."""
        self.attempts = [
            (
                attempt.target.provider,
                accounting_pb2.AttemptCause.Name(attempt.cause).removeprefix("ATTEMPT_CAUSE_"),
                error_reason_pb2.ErrorReason.Name(attempt.reason).removeprefix("ERROR_REASON_"),
            )
            for attempt in attempts
        ]
        self.reached = sum(attempt.HasField("usage") or attempt.http_status > 0 for attempt in attempts)


def scripted(faults: ThreadedFaultProvider, *steps: Any) -> str:
    """Return the name of a model that was never asked; these are its answers, the last of them again and again."""
    name = f"m{next(_names)}"
    faults.script(name, list(steps))
    return name


def duration(seconds: float) -> Duration:
    """Make a Duration."""
    made = Duration()
    made.FromNanoseconds(int(seconds * 1e9))
    return made


async def see(
    gateway: Gateway,
    targets: Sequence[str],
    *,
    streaming: bool = True,
    deadline: float | None = 20.0,
    stream: completion_pb2.StreamOptions | None = None,
    config: completion_pb2.GenerationConfig | None = None,
    **routing: Any,
) -> Seen:
    """Ask the first target, with the others behind it."""
    policy = completion_pb2.RoutingPolicy(fallback_models=targets[1:], **routing)
    asked = request(targets[0], routing=policy, stream=stream, config=config)
    seen, began = Seen(), time.monotonic()
    try:
        if streaming:
            await _read(gateway.completion.StreamComplete(asked, timeout=deadline), seen)
        else:
            answer = await gateway.completion.Complete(asked, timeout=deadline)
            seen.text = seen.whole = _text(answer)
            seen.told(answer.accounting.attempts)
    except grpc.aio.AioRpcError as error:
        _note(error, seen)
    seen.seconds = time.monotonic() - began
    return seen


async def _read(stream: Any, seen: Seen) -> None:
    assembler = Assembler()
    try:
        async for event in stream:
            # It refuses a sequence with a hole, and parts that never began.
            assembler.add(event)
            kind = event.WhichOneof("event")
            if kind != "part_delta" or [kind] != seen.events[-1:]:
                seen.events.append(kind)
            if kind == "attempt_failed" and event.attempt_failed.HasField("retry_delay"):
                seen.delays.append(event.attempt_failed.retry_delay.ToNanoseconds() / 1e9)
            if kind == "completed":
                seen.whole = _text(event.completed)
                seen.told(event.completed.accounting.attempts)
    finally:
        # A task that is cancelled between two reads would leave the call to nobody.
        stream.cancel()
        seen.text = assembler.text


def _note(error: grpc.aio.AioRpcError, seen: Seen) -> None:
    info = detail(error, error_details_pb2.ErrorInfo)
    seen.code, seen.reason = error.code().name, info.reason
    if "provider" in info.metadata:
        failure = detail(error, completion_pb2.CompletionFailure)
        seen.told(failure.accounting.attempts)
        seen.output_sent = failure.output_sent
    try:
        delay = detail(error, error_details_pb2.RetryInfo).retry_delay
    except AssertionError:
        return
    seen.retry_after = delay.ToNanoseconds() / 1e9


def _text(answer: completion_pb2.CompleteResponse) -> str:
    return "".join(part.text for part in answer.message.parts)
