"""output: checks the answer's shape whatever the provider promised, and asks again with the errors."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import structlog
from typing_extensions import override

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.errors import OutputInvalid, Reason
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.output import Misfit, Shape
from llmrpc_server.output.metrics import Outcome, OutputMetrics
from llmrpc_server.output.partial import Partials

log = structlog.get_logger()

# Here the model waits for somebody else; its answer is not there yet.
_UNFINISHED = {completion_pb2.FINISH_REASON_TOOL_CALLS, completion_pb2.FINISH_REASON_PAUSED}
# Asking again would end the same way.
_HOPELESS = {
    completion_pb2.FINISH_REASON_MAX_TOKENS: "the answer was cut off at the limit of its tokens",
    completion_pb2.FINISH_REASON_CONTENT_FILTER: "the provider's filter withheld the answer",
    completion_pb2.FINISH_REASON_REFUSAL: "the model declined to answer",
}
_RESTARTING = {completion_pb2.INTERRUPTION_POLICY_RESTART, completion_pb2.INTERRUPTION_POLICY_CONTINUE}
_MOST_QUOTED = 4000


class OutputInterceptor(CallInterceptor):
    """Lets no answer pass that does not have the shape that was asked for.

    Args:
        metrics: Counts what became of each.
    """

    def __init__(self, metrics: OutputMetrics) -> None:
        self._metrics = metrics

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return proceed(call) if call.plan.shape is None else self._checked(call, call.plan.shape, proceed)

    async def _checked(self, call: Call, shape: Shape, proceed: Proceed) -> Events:
        partials = _partials(call, shape)
        while True:
            answer: Event | None = None
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    if event.HasField("completed"):
                        answer = event
                    else:
                        yield event
                        if partials is not None and (partial := partials.after(event)) is not None:
                            self._metrics.partial(call.request.output)
                            yield partial
            if answer is None:
                return
            misfit = self._to_repair(call, shape, answer.completed)
            if misfit is None:
                yield answer
                return
            log.info("repair", call_id=call.id, target=call.target.name, number=call.repairs + 1)
            _ask_again(call, answer.completed, misfit)
            for event in _voiding(call) if call.streaming else ():
                if partials is not None:
                    partials.after(event)
                yield event

    def _to_repair(self, call: Call, shape: Shape, answer: completion_pb2.CompleteResponse) -> Misfit | None:
        """Put the value into the answer, or return why it has to be asked for again.

        Raises:
            OutputInvalid: It does not fit, and may not be asked for again.
        """
        if answer.finish_reason in _UNFINISHED:
            return None
        misfit = _check(answer, shape, call)
        if misfit is None:
            self._metrics.checked(call.request.output, Outcome.REPAIRED if call.repairs else Outcome.PASSED)
            return None
        call.attempt.reason = Reason.ERROR_REASON_OUTPUT_INVALID
        again = _may_ask_again(call, answer)
        self._metrics.checked(call.request.output, Outcome.ASKED_AGAIN if again else Outcome.FAILED)
        if not again:
            raise OutputInvalid(f"the answer does not have the shape that was asked for: {misfit}")
        return misfit


def _voiding(call: Call) -> Iterator[Event]:
    """Yield what tells the caller of a stream that the answer is void and another follows."""
    yield Event(attempt_failed=completion_pb2.AttemptFailed(attempt=call.attempt, next_target=call.target.message()))
    yield Event(output_reset=completion_pb2.OutputReset(cause=call.cause))


def _partials(call: Call, shape: Shape) -> Partials | None:
    options = call.request.stream
    if not (call.streaming and shape.is_json and options.HasField("partial_interval")):
        return None
    return Partials(options.partial_interval.ToNanoseconds() / 1e9)


def _check(answer: completion_pb2.CompleteResponse, shape: Shape, call: Call) -> Misfit | None:
    """Put the value into the answer, or return what is wrong with it."""
    if (why := _hopeless(answer)) is not None:
        return Misfit(why)
    try:
        parsed = shape.parse(_text(answer))
    except Misfit as misfit:
        return misfit
    parsed.repairs = call.repairs
    answer.parsed.CopyFrom(parsed)
    return None


def _hopeless(answer: completion_pb2.CompleteResponse) -> str | None:
    if any(part.HasField("refusal") for part in answer.message.parts):
        return _HOPELESS[completion_pb2.FINISH_REASON_REFUSAL]
    return _HOPELESS.get(answer.finish_reason)


def _may_ask_again(call: Call, answer: completion_pb2.CompleteResponse) -> bool:
    output = call.request.output
    most = output.max_repairs if output.HasField("max_repairs") else call.plan.route.output.max_repairs
    if call.repairs >= most or _hopeless(answer) is not None:
        return False
    if call.streaming and call.request.stream.on_interruption not in _RESTARTING:
        return False
    # One that takes as long as the last would end too late.
    took = call.attempt.duration.ToNanoseconds() / 1e9
    return call.deadline is None or asyncio.get_running_loop().time() + took < call.deadline


def _ask_again(call: Call, answer: completion_pb2.CompleteResponse, misfit: Misfit) -> None:
    """Let the conversation go on with the answer and what is wrong with it; earlier ones are forgotten."""
    said = _text(answer)[:_MOST_QUOTED].rstrip()
    turns = [_message(message_pb2.ROLE_ASSISTANT, said)] if said else []
    errors = "\n".join(f"- {error}" for error in misfit.errors)
    turns.append(
        _message(
            message_pb2.ROLE_USER,
            f"That answer cannot be used:\n{errors}\nGive the whole answer again, corrected, and nothing else.",
        )
    )
    call.turns = turns
    call.repairs += 1
    call.cause = accounting_pb2.ATTEMPT_CAUSE_REPAIR
    call.prefill = call.first_output = None


def _text(answer: completion_pb2.CompleteResponse) -> str:
    return "".join(part.text for part in answer.message.parts)


def _message(role: message_pb2.Role.ValueType, text: str) -> message_pb2.Message:
    return message_pb2.Message(role=role, parts=[message_pb2.ContentPart(text=text)])
