"""A whole answer: its items, and what it says beside them."""

from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.openai_responses.output import Output
from llmrpc_server.providers.openai_responses.wire import InputDetails, OutputDetails, Response, Usage
from llmrpc_server.providers.reading import Reader

RESPONSE = Reader(Response, "a response")

_ENDS = {"completed", "incomplete", "failed", "cancelled"}
_OTHER = completion_pb2.FINISH_REASON_OTHER
_INCOMPLETE = {
    "": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "max_output_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "max_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "content_filter": completion_pb2.FINISH_REASON_CONTENT_FILTER,
}

# What has no other place. The rest repeats the request: its tools, instructions, sampling, ...
_NOTED = (
    "id",
    "service_tier",
    "completed_at",
    "billing",
    "tool_usage",
    "moderation",
    "access_programs",
    "conversation",
    "image",
    "input_transformations",
    "prompt_cache_diagnostics",
)


def whole(provider: str, data: bytes, answer: Answer) -> None:
    """Read an unstreamed answer.

    Raises:
        ProviderError: It is an error, or not of this format.
    """
    conclude(provider, data, answer, Output(provider, answer))


def conclude(provider: str, data: bytes, answer: Answer, output: Output, streamed: str = "") -> None:
    """Read a response to its end, but for what `output` was told already.

    Args:
        provider: The provider's name, for errors.
        streamed: The status by the event that it came in; empty where it is all there is.

    Raises:
        ProviderError: It failed, or is not whole.
    """
    response, unknown = RESPONSE.read(provider, data)
    answer.reported(model=response.model or "")
    _count(response.usage, answer)
    status = response.status if response.status in _ENDS else streamed
    if response.error is not None or status in {"failed", "cancelled"}:
        raise to_error(Failure(provider, 0, {}, response.error))
    if not status or (response.output is None and not streamed):
        raise ProviderBadResponse(f"{provider} sent a response that is not whole")
    output.end_all(response.output or [])
    _note(response, unknown, answer)
    _end(response, status, answer, output)


def _count(usage: Usage | None, answer: Answer) -> None:
    if usage is None:
        return
    of_input = usage.input_tokens_details or InputDetails()
    of_output = usage.output_tokens_details or OutputDetails()
    answer.used(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=of_input.cached_tokens,
        cache_write_tokens=of_input.cache_write_tokens,
        reasoning_tokens=of_output.reasoning_tokens,
    )
    if of_input.cache_write_tokens_details is not None:
        details = {"cache_write_tokens_details": of_input.cache_write_tokens_details}
        answer.note({"usage": {"input_tokens_details": details}})


def _note(response: Response, unknown: dict[str, Any], answer: Answer) -> None:
    values = {name: getattr(response, name) for name in _NOTED}
    answer.note({name: value for name, value in values.items() if value is not None})
    answer.note(unknown)


def _end(response: Response, status: str, answer: Answer, output: Output) -> None:
    if status == "incomplete":
        reason = "" if response.incomplete_details is None else response.incomplete_details.reason or ""
        answer.end(_INCOMPLETE.get(reason, _OTHER), provider_finish=reason or status)
    elif output.refused:
        answer.end(completion_pb2.FINISH_REASON_REFUSAL, provider_finish=status)
    elif output.waiting:
        answer.end(completion_pb2.FINISH_REASON_TOOL_CALLS, provider_finish=status)
    else:
        answer.end(completion_pb2.FINISH_REASON_STOP, provider_finish=status)
