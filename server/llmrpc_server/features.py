"""What a request needs beyond text, and where it says so.

A target that lacks a needed feature is skipped before anything is sent; nothing that a caller asks for is ignored in
silence.
"""

from collections.abc import Iterator
from enum import StrEnum

from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2, message_pb2


class Feature(StrEnum):
    """Something that a provider, or the server before it, must be able to do for a request."""

    TOOLS = "tools"
    MEDIA = "media"
    REASONING = "reasoning"
    REFUSALS = "refusals"
    PROVIDER_PARTS = "provider parts"
    CITATIONS = "citations"
    LOGPROBS = "log probabilities"
    OUTPUT_FORMAT = "output formats"
    PROVIDER_OPTIONS = "provider options"
    PROMPTS = "prompt templates"
    CACHE = "the cache"
    COST_LIMIT = "cost limits"
    IDEMPOTENCY = "request ids"
    ATTEMPT_TIMEOUTS = "timeouts of attempts"


_PARTS = {
    "media": Feature.MEDIA,
    "tool_call": Feature.TOOLS,
    "tool_result": Feature.TOOLS,
    "reasoning": Feature.REASONING,
    "refusal": Feature.REFUSALS,
    "provider_part": Feature.PROVIDER_PARTS,
}

_FIELDS = {
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "config.parallel_tool_calls": Feature.TOOLS,
    "config.top_logprobs": Feature.LOGPROBS,
    "config.reasoning_effort": Feature.REASONING,
    "config.reasoning_budget_tokens": Feature.REASONING,
    "output": Feature.OUTPUT_FORMAT,
    "provider_options_json": Feature.PROVIDER_OPTIONS,
    "prompt": Feature.PROMPTS,
    "max_cost_picos": Feature.COST_LIMIT,
    "request_id": Feature.IDEMPOTENCY,
    "routing.attempt_timeout": Feature.ATTEMPT_TIMEOUTS,
    "routing.first_token_timeout": Feature.ATTEMPT_TIMEOUTS,
    "routing.idle_timeout": Feature.ATTEMPT_TIMEOUTS,
}

_CACHE_MODES = {
    completion_pb2.CACHE_MODE_REFRESH,
    completion_pb2.CACHE_MODE_ONLY_IF_CACHED,
    completion_pb2.CACHE_MODE_USE,
}


def needed(request: completion_pb2.CompleteRequest) -> dict[Feature, str]:
    """Map each feature that the request needs to the path of the first field that needs it."""
    needs: dict[Feature, str] = {}
    for feature, path in _all_needed(request):
        needs.setdefault(feature, path)
    return needs


def _all_needed(request: completion_pb2.CompleteRequest) -> Iterator[tuple[Feature, str]]:
    for index, message in enumerate(request.messages):
        for number, part in enumerate(message.parts):
            yield from _needed_by_part(part, f"messages[{index}].parts[{number}]")
    set_fields = set(_set_fields(request))
    yield from ((feature, path) for path, feature in _FIELDS.items() if path in set_fields)
    if request.cache.mode in _CACHE_MODES:
        yield Feature.CACHE, "cache.mode"


def _needed_by_part(part: message_pb2.ContentPart, path: str) -> Iterator[tuple[Feature, str]]:
    kind = part.WhichOneof("kind")
    if kind in _PARTS:
        yield _PARTS[kind], f"{path}.{kind}"
    if part.citations:
        yield Feature.CITATIONS, f"{path}.citations"
    for number, inner in enumerate(part.tool_result.parts):
        yield from _needed_by_part(inner, f"{path}.tool_result.parts[{number}]")


def _set_fields(request: completion_pb2.CompleteRequest) -> Iterator[str]:
    for descriptor, value in request.ListFields():
        if descriptor.name in {"config", "routing"}:
            yield from (f"{descriptor.name}.{inner.name}" for inner, _ in value.ListFields())
        elif not isinstance(value, Message) or value.ListFields():
            # A message that is there and says nothing asks for nothing.
            yield descriptor.name
