"""What a request asks of a provider; every field of it is accounted for."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.requests.features import IN_WORDS, Demands, Feature, Harmless, demands


def need(path: str, *features: Feature, harmless: Harmless | None = None, kinds: str = "") -> Demands:
    """Make demands of one field."""
    return Demands(dict.fromkeys(features, path), dict.fromkeys(kinds.split(), path), {harmless} if harmless else set())


def may_go(parameter: Harmless) -> Demands:
    """Make the demands of a parameter that a target may drop."""
    return Demands(harmless={parameter})


INSIDE = "see inside"
TOOLS = need("tools", Feature.TOOLS)
MEDIA = "messages[0].parts[0].media"

# Whoever adds a field to CompleteRequest, or to a message in it, decides here what this server does with it: what a
# target needs for it, that a target may drop it, or why neither. What is inside needs no line but with INSIDE.
DECIDED: dict[str, Demands | str] = {
    "model": "names the route",
    "messages": INSIDE,
    "messages.role": "rendered",
    "messages.parts": INSIDE,
    "messages.parts.text": "rendered",
    "messages.parts.media": INSIDE,
    "messages.parts.media.mime_type": need(MEDIA, Feature.DOCUMENTS),
    "messages.parts.media.data": need(MEDIA, Feature.DOCUMENTS),
    "messages.parts.media.uri": need(MEDIA, Feature.IMAGE_URIS),
    "messages.parts.media.file_id": need(MEDIA, Feature.DOCUMENT_FILES),
    "messages.parts.media.filename": need(MEDIA, Feature.DOCUMENTS, harmless=Harmless.FILENAME),
    "messages.parts.media.detail": need(MEDIA, Feature.DOCUMENTS, harmless=Harmless.DETAIL),
    "messages.parts.tool_call": need("messages[0].parts[0].tool_call", Feature.TOOLS),
    "messages.parts.tool_result": INSIDE,
    "messages.parts.tool_result.tool_call_id": need("messages[0].parts[0].tool_result", Feature.TOOLS),
    "messages.parts.tool_result.parts": need("messages[0].parts[0].tool_result", Feature.TOOLS),
    "messages.parts.tool_result.is_error": need(
        "messages[0].parts[0].tool_result", Feature.TOOLS, harmless=Harmless.IS_ERROR
    ),
    "messages.parts.reasoning": "rendered, or dropped with a warning",
    "messages.parts.refusal": "rendered",
    "messages.parts.provider_part": need("messages[0].parts[0].provider_part", Feature.PROVIDER_PARTS, kinds="x"),
    "messages.parts.cache_breakpoint": "a hint",
    "messages.parts.provider_state": "rendered, or dropped with a warning",
    "messages.parts.citations": may_go(Harmless.CITATIONS),
    "messages.name": may_go(Harmless.NAME),
    "prompt": "planned: what it renders asks for itself",
    "config": INSIDE,
    "config.temperature": "rendered",
    "config.top_p": "rendered",
    "config.top_k": may_go(Harmless.TOP_K),
    "config.max_output_tokens": "rendered",
    "config.stop_sequences": need("config.stop_sequences", Feature.STOP_SEQUENCES),
    "config.seed": may_go(Harmless.SEED),
    "config.frequency_penalty": may_go(Harmless.FREQUENCY_PENALTY),
    "config.presence_penalty": may_go(Harmless.PRESENCE_PENALTY),
    "config.parallel_tool_calls": need("config.parallel_tool_calls", Feature.PARALLEL_TOOL_CALLS),
    "config.top_logprobs": need("config.top_logprobs", Feature.LOGPROBS, Feature.TOP_LOGPROBS),
    "config.reasoning_effort": "a hint",
    "config.reasoning_budget_tokens": may_go(Harmless.REASONING_BUDGET),
    "tools": INSIDE,
    "tools.function": INSIDE,
    "tools.function.name": TOOLS,
    "tools.function.description": TOOLS,
    "tools.function.parameters_json_schema": TOOLS,
    "tools.function.strict": need("tools", Feature.TOOLS, harmless=Harmless.STRICT),
    "tools.provider_tool": Demands(
        {Feature.PROVIDER_TOOLS: "tools[0].provider_tool", Feature.TOOLS: "tools"}, {"x": "tools[0].provider_tool"}
    ),
    "tool_choice": need("tool_choice", Feature.TOOLS),
    "output": INSIDE,
    "output.json": "asked for in words where a provider does not hold to it",
    "output.json_schema": "asked for in words where a provider does not hold to it",
    "output.protobuf": "checked here",
    "output.parser": "checked here",
    "output.max_repairs": "kept by the step that checks the answer",
    "routing": INSIDE,
    "routing.fallback_models": "planned",
    "routing.disable_fallback": "planned",
    "routing.max_attempts": "planned",
    "routing.attempt_timeout": "kept by the attempt",
    "routing.first_token_timeout": "kept by the attempt",
    "routing.idle_timeout": "kept by the attempt",
    "routing.affinity_key": "planned",
    "cache": INSIDE,
    "cache.mode": "kept by the cache",
    "cache.ttl": "kept by the cache",
    "cache.tags": "kept by the cache",
    "max_cost_picos": "kept by the step accounting",
    "request_id": "kept by the idempotency",
    "user": may_go(Harmless.USER),
    "labels": "for the ledger, and there is none",
    "provider_options_json": "rendered, and refused by the plan where they are not for this provider to set",
    "stream": INSIDE,
    "stream.on_interruption": "a stream that breaks fails, which each policy allows where no attempt is left",
    "stream.partial_interval": "kept by the step that checks the answer",
}

# By kind of media: what each source needs.
SORTS: dict[str, tuple[Feature, Feature, Feature]] = {
    "image/png": (Feature.IMAGES, Feature.IMAGE_URIS, Feature.IMAGE_FILES),
    "application/pdf": (Feature.DOCUMENTS, Feature.DOCUMENT_URIS, Feature.DOCUMENT_FILES),
    "audio/wav": (Feature.AUDIO, Feature.AUDIO_URIS, Feature.AUDIO_FILES),
    "video/mp4": (Feature.VIDEO, Feature.VIDEO, Feature.VIDEO),
}
SOURCES: tuple[dict[str, Any], ...] = ({"data": b"x"}, {"uri": "https://a.example/a"}, {"file_id": "x"})

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
        if DECIDED.get(path) == INSIDE:
            assert field.message_type is not None
            yield from paths(field.message_type, f"{path}.")


def fill(message: Message, path: str) -> None:
    """Set the field at a path; one that holds a message gets its first field set as well, if there is any."""
    name, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[name]
    value: Any = getattr(message, name)
    if isinstance(message, message_pb2.Media) and field.containing_oneof is None:
        message.data = b"x"  # Without a source it would be none.
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


def said(*parts: message_pb2.ContentPart, role: str = "USER") -> completion_pb2.CompleteRequest:
    """Make a request of one message."""
    message = message_pb2.Message(role=message_pb2.Role.Value(f"ROLE_{role}"), parts=parts)
    return completion_pb2.CompleteRequest(messages=[message])


def test_every_field_is_decided() -> None:
    """A field that nobody decided about could be ignored in silence; one that is gone needs no line."""
    assert sorted(DECIDED) == sorted(paths(completion_pb2.CompleteRequest.DESCRIPTOR))


@pytest.mark.parametrize("path", [path for path, decided in DECIDED.items() if decided != INSIDE])
def test_a_field_has_its_demands(path: str) -> None:
    """A request with one field set demands what was decided, and tells where, or nothing."""
    decided = DECIDED[path]

    assert (decided if isinstance(decided, Demands) else Demands()) == demands(with_field(path))


@pytest.mark.parametrize("mime_type", SORTS)
def test_media(mime_type: str) -> None:
    """What is needed for a medium depends on its sort and on where it comes from."""
    media = [message_pb2.Media(mime_type=mime_type, **source) for source in SOURCES]
    found = [demands(said(message_pb2.ContentPart(media=one))) for one in media]

    assert [need(MEDIA, feature) for feature in SORTS[mime_type]] == found


def test_media_of_the_assistant() -> None:
    """A medium that the assistant made needs a format that takes it back."""
    media = message_pb2.ContentPart(media=message_pb2.Media(mime_type="audio/wav", data=b"x"))

    assert need(MEDIA, Feature.AUDIO, Feature.ASSISTANT_MEDIA) == demands(said(media, role="ASSISTANT"))


@pytest.mark.parametrize(
    ("mime_type", "features"),
    [
        ("image/png", (Feature.IMAGES, Feature.TOOL_RESULT_IMAGES)),
        ("application/pdf", (Feature.DOCUMENTS, Feature.TOOL_RESULT_DOCUMENTS)),
        ("audio/wav", (Feature.AUDIO, Feature.TOOL_RESULT_DOCUMENTS)),
    ],
)
def test_a_result_can_need_more_than_tools(mime_type: str, features: tuple[Feature, ...]) -> None:
    """What stands inside a tool's result is needed as much as what stands beside it."""
    media = message_pb2.ContentPart(media=message_pb2.Media(mime_type=mime_type, data=b"x"))
    result = message_pb2.ToolResult(tool_call_id="1", parts=[message_pb2.ContentPart(text="x"), media])
    where = "messages[0].parts[0].tool_result"

    assert {
        Feature.TOOLS: where,
        **dict.fromkeys(features, f"{where}.parts[1].media"),
    } == demands(said(message_pb2.ContentPart(tool_result=result), role="TOOL")).features


def test_every_demand_comes_from_a_field() -> None:
    """No feature and no parameter stands without a use."""
    decided = [one for one in DECIDED.values() if isinstance(one, Demands)]
    of_fields = {feature for one in decided for feature in one.features}
    of_media = {feature for features in SORTS.values() for feature in features}
    # Of what came before, not of the request.
    of_calls = {Feature.PREFILL}
    of_places = {Feature.ASSISTANT_MEDIA, Feature.TOOL_RESULT_IMAGES, Feature.TOOL_RESULT_DOCUMENTS}

    assert set(Feature) == of_fields | of_media | of_places | of_calls | IN_WORDS
    assert set(Harmless) == {parameter for one in decided for parameter in one.harmless}


def test_the_first_field_is_told() -> None:
    """Of several fields that need a feature, or a kind of provider, the first is told."""
    text = message_pb2.ContentPart(text="x")
    call = message_pb2.ContentPart(tool_call=message_pb2.ToolCall(name="x"))
    item = message_pb2.ContentPart(provider_part=message_pb2.ProviderPart(kind="a"))
    other = message_pb2.ContentPart(provider_part=message_pb2.ProviderPart(kind="b"))
    tool = message_pb2.Tool(provider_tool=message_pb2.ProviderTool(kind="a"))
    request = completion_pb2.CompleteRequest(
        messages=[
            message_pb2.Message(parts=[text]),
            message_pb2.Message(parts=[text, call, item, other, call, item]),
        ],
        tools=[tool],
    )

    assert Demands(
        {
            Feature.TOOLS: "messages[1].parts[1].tool_call",
            Feature.PROVIDER_PARTS: "messages[1].parts[2].provider_part",
            Feature.PROVIDER_TOOLS: "tools[0].provider_tool",
        },
        {"a": "messages[1].parts[2].provider_part", "b": "messages[1].parts[3].provider_part"},
    ) == demands(request)


def test_log_probabilities_without_alternatives() -> None:
    """Those of the chosen tokens alone need less."""
    request = completion_pb2.CompleteRequest(config=completion_pb2.GenerationConfig(top_logprobs=0))

    assert need("config.top_logprobs", Feature.LOGPROBS) == demands(request)


def test_an_empty_message_needs_nothing() -> None:
    """A field that is there and says nothing asks for nothing: builders in other languages leave such behind."""
    request = completion_pb2.CompleteRequest()
    for name in ("tool_choice", "output", "cache", "config", "routing", "stream"):
        getattr(request, name).SetInParent()

    assert Demands() == demands(request)
