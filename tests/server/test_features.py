"""What a request needs beyond text; every field of it is accounted for."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.features import Feature, needed

# Whoever adds a field to CompleteRequest, or to a message in it, decides here what this server does with it: the
# feature that a target needs for it (what is inside then needs no line), or why none is needed.
DECIDED: dict[str, Feature | str] = {
    "model": "names the route",
    "messages": "rendered",
    "messages.role": "rendered",
    "messages.parts": "rendered",
    "messages.parts.text": "rendered",
    "messages.parts.media": Feature.MEDIA,
    "messages.parts.tool_call": Feature.TOOLS,
    "messages.parts.tool_result": Feature.TOOLS,
    "messages.parts.reasoning": Feature.REASONING,
    "messages.parts.refusal": Feature.REFUSALS,
    "messages.parts.provider_part": Feature.PROVIDER_PARTS,
    "messages.parts.cache_breakpoint": "a hint",
    "messages.parts.provider_state": "dropped with a warning",
    "messages.parts.provider_state.kind": "dropped with a warning",
    "messages.parts.provider_state.model": "dropped with a warning",
    "messages.parts.provider_state.data": "dropped with a warning",
    "messages.parts.citations": Feature.CITATIONS,
    "messages.name": "rendered, or dropped with a warning",
    "prompt": Feature.PROMPTS,
    "config": "see inside",
    "config.temperature": "rendered",
    "config.top_p": "rendered",
    "config.top_k": "rendered, or dropped with a warning",
    "config.max_output_tokens": "rendered",
    "config.stop_sequences": "rendered",
    "config.seed": "rendered, or dropped with a warning",
    "config.frequency_penalty": "rendered, or dropped with a warning",
    "config.presence_penalty": "rendered, or dropped with a warning",
    "config.parallel_tool_calls": Feature.TOOLS,
    "config.top_logprobs": Feature.LOGPROBS,
    "config.reasoning_effort": Feature.REASONING,
    "config.reasoning_budget_tokens": Feature.REASONING,
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "output": Feature.OUTPUT_FORMAT,
    "routing": "see inside",
    "routing.fallback_models": "planned",
    "routing.disable_fallback": "planned",
    "routing.max_attempts": "an upper bound, and there is never more than one attempt",
    "routing.attempt_timeout": Feature.ATTEMPT_TIMEOUTS,
    "routing.first_token_timeout": Feature.ATTEMPT_TIMEOUTS,
    "routing.idle_timeout": Feature.ATTEMPT_TIMEOUTS,
    "routing.affinity_key": "a preference",
    "cache": "see inside",
    "cache.mode": Feature.CACHE,
    "cache.ttl": "for what is kept, and nothing is",
    "cache.tags": "for what is kept, and nothing is",
    "max_cost_picos": Feature.COST_LIMIT,
    "request_id": Feature.IDEMPOTENCY,
    "user": "rendered",
    "labels": "for the ledger, and there is none",
    "provider_options_json": Feature.PROVIDER_OPTIONS,
    "stream": "see inside",
    "stream.on_interruption": "a stream that breaks fails, which each policy allows where no attempt is left",
    "stream.partial_interval": "of events that come with an output format alone",
}

_VALUES = {
    FieldDescriptor.CPPTYPE_STRING: "x",
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_DOUBLE: 1.0,
}


def paths(descriptor: Descriptor, prefix: str = "") -> Iterator[str]:
    """Yield the path of every field that needs a decision."""
    for field in descriptor.fields:
        path = f"{prefix}{field.name}"
        yield path
        inner = field.message_type
        ours = inner is not None and inner.file.package == "llmrpc.v1" and not inner.GetOptions().map_entry
        if ours and not isinstance(DECIDED.get(path), Feature):
            assert inner is not None
            yield from paths(inner, f"{path}.")


def fill(message: Message, path: str) -> None:
    """Set the field at a path; one that holds a message gets its first field set as well, if there is any."""
    name, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[name]
    value: Any = getattr(message, name)
    if field.message_type is None:
        scalar: Any = b"x" if field.type == FieldDescriptor.TYPE_BYTES else _VALUES.get(field.cpp_type, 2)
        if field.is_repeated:
            value.append(scalar)
        else:
            setattr(message, name, scalar)
    elif field.message_type.GetOptions().map_entry:
        value["x"] = "{}"
    else:
        inner = value.add() if field.is_repeated else value
        inner.SetInParent()
        first = [field.name for field in inner.DESCRIPTOR.fields][:1]
        for next_path in [rest] if rest else first:
            fill(inner, next_path)


def with_field(path: str) -> completion_pb2.CompleteRequest:
    """Make a request in which the field at a path is set."""
    request = completion_pb2.CompleteRequest()
    fill(request, path)
    return request


def test_every_field_is_decided() -> None:
    """A field that nobody decided about could be ignored in silence; one that is gone needs no line."""
    assert sorted(DECIDED) == sorted(paths(completion_pb2.CompleteRequest.DESCRIPTOR))


@pytest.mark.parametrize("path", [path for path, decided in DECIDED.items() if decided != "see inside"])
def test_a_field_needs_its_feature(path: str) -> None:
    """A request with one field set needs the feature that was decided, and tells where, or needs nothing."""
    decided = DECIDED[path]
    where = path.replace("messages.", "messages[0].").replace(".parts.", ".parts[0].")
    expected = {decided: where} if isinstance(decided, Feature) else {}

    assert expected == needed(with_field(path))


def test_every_feature_is_needed_by_a_field() -> None:
    """No feature stands without a use."""
    assert set(Feature) == {decided for decided in DECIDED.values() if isinstance(decided, Feature)}


def test_the_first_field_is_told() -> None:
    """Of several fields that need a feature the first is told."""
    part = message_pb2.ContentPart(tool_call=message_pb2.ToolCall(name="x"))
    text = message_pb2.ContentPart(text="x")
    request = completion_pb2.CompleteRequest(
        messages=[message_pb2.Message(parts=[text]), message_pb2.Message(parts=[text, part, part])],
        tools=[message_pb2.Tool()],
    )

    assert {Feature.TOOLS: "messages[1].parts[1].tool_call"} == needed(request)


def test_a_result_can_need_more_than_tools() -> None:
    """What stands inside a tool's result is needed as much as what stands beside it."""
    media = message_pb2.ContentPart(media=message_pb2.Media(file_id="x"))
    result = message_pb2.ContentPart(tool_result=message_pb2.ToolResult(tool_call_id="1", parts=[media]))
    request = completion_pb2.CompleteRequest(messages=[message_pb2.Message(parts=[result])])

    assert {
        Feature.TOOLS: "messages[0].parts[0].tool_result",
        Feature.MEDIA: "messages[0].parts[0].tool_result.parts[0].media",
    } == needed(request)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (completion_pb2.CACHE_MODE_UNSPECIFIED, {}),
        (completion_pb2.CACHE_MODE_BYPASS, {}),
        (completion_pb2.CACHE_MODE_REFRESH, {Feature.CACHE: "cache.mode"}),
        (completion_pb2.CACHE_MODE_ONLY_IF_CACHED, {Feature.CACHE: "cache.mode"}),
        (completion_pb2.CACHE_MODE_USE, {Feature.CACHE: "cache.mode"}),
    ],
)
def test_cache_modes(mode: completion_pb2.CacheMode.ValueType, expected: dict[Feature, str]) -> None:
    """Only a mode that asks for something of the cache needs one."""
    request = completion_pb2.CompleteRequest(cache=completion_pb2.CachePolicy(mode=mode))

    assert expected == needed(request)


def test_cache_modes_are_all_decided() -> None:
    """A mode that is new has to be thought about: `test_cache_modes` has a line for each."""
    assert [0, 1, 2, 3, 4] == completion_pb2.CacheMode.values()


def test_an_empty_message_needs_nothing() -> None:
    """A field that is there and says nothing asks for nothing: builders in other languages leave such behind."""
    request = completion_pb2.CompleteRequest()
    for name in ("tool_choice", "output", "cache", "config", "routing", "stream"):
        getattr(request, name).SetInParent()

    assert {} == needed(request)
