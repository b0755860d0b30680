"""What a request asks of a provider beyond text, and where it says so.

A target that lacks a needed feature is skipped before anything is sent. What is harmless may be dropped, with a
Warning. Nothing that a caller asks for is ignored in silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.requests.media import kind_of


class Feature(StrEnum):
    """Something that a provider, or the server before it, must be able to do for a request."""

    TOOLS = "tools"
    PARALLEL_TOOL_CALLS = "a choice of parallel tool calls"
    PROVIDER_TOOLS = "provider-run tools"
    PROVIDER_PARTS = "provider parts"
    IMAGES = "images"
    IMAGE_URIS = "images by address"
    IMAGE_FILES = "images by file id"
    DOCUMENTS = "documents"
    DOCUMENT_URIS = "documents by address"
    DOCUMENT_FILES = "documents by file id"
    AUDIO = "audio"
    AUDIO_URIS = "audio by address"
    AUDIO_FILES = "audio by file id"
    VIDEO = "video"
    TOOL_RESULT_IMAGES = "images in tool results"
    TOOL_RESULT_DOCUMENTS = "documents in tool results"
    ASSISTANT_MEDIA = "media of the assistant"
    PREFILL = "going on from a begun answer"
    STOP_SEQUENCES = "stop sequences"
    LOGPROBS = "log probabilities"
    TOP_LOGPROBS = "log probabilities of alternatives"
    JSON_MODE = "JSON mode"
    JSON_SCHEMA = "JSON Schema"
    JSON_BESIDE_TOOLS = "JSON beside tools or documents"


class Harmless(StrEnum):
    """A parameter, by its path, that leaves the answer's meaning as it is where a target does not have it."""

    TOP_K = "config.top_k"
    SEED = "config.seed"
    FREQUENCY_PENALTY = "config.frequency_penalty"
    PRESENCE_PENALTY = "config.presence_penalty"
    REASONING_BUDGET = "config.reasoning_budget_tokens"
    USER = "user"
    NAME = "messages[].name"
    CITATIONS = "messages[].parts[].citations"
    DETAIL = "messages[].parts[].media.detail"
    FILENAME = "messages[].parts[].media.filename"
    IS_ERROR = "messages[].parts[].tool_result.is_error"
    STRICT = "tools[].function.strict"


@dataclass(frozen=True, slots=True)
class Demands:
    """What a request asks for.

    Attributes:
        features: Those that a target must have, each with the path of the first field that needs it.
        kinds: The provider kinds whose own tools or parts are in it, each with the path of the first field.
        harmless: What a target may drop.
    """

    features: dict[Feature, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    harmless: set[Harmless] = field(default_factory=set)

    def need(self, feature: Feature, path: str, *, kind: str = "") -> None:
        """Note a needed feature; `kind` is the only provider kind that has this one of its sort."""
        self.features.setdefault(feature, path)
        if kind:
            self.kinds.setdefault(kind, path)

    def join(self, other: "Demands", path: str) -> None:
        """Take in what something else asks for, that stands behind one field of the request."""
        for feature in other.features:
            self.features.setdefault(feature, path)
        for kind in other.kinds:
            self.kinds.setdefault(kind, path)
        self.harmless.update(other.harmless)


_MEDIA = {
    ("image", "data"): Feature.IMAGES,
    ("image", "uri"): Feature.IMAGE_URIS,
    ("image", "file_id"): Feature.IMAGE_FILES,
    ("document", "data"): Feature.DOCUMENTS,
    ("document", "uri"): Feature.DOCUMENT_URIS,
    ("document", "file_id"): Feature.DOCUMENT_FILES,
    ("audio", "data"): Feature.AUDIO,
    ("audio", "uri"): Feature.AUDIO_URIS,
    ("audio", "file_id"): Feature.AUDIO_FILES,
}

_FIELDS = {
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "config.parallel_tool_calls": Feature.PARALLEL_TOOL_CALLS,
    "config.stop_sequences": Feature.STOP_SEQUENCES,
    "config.top_logprobs": Feature.LOGPROBS,
}

_HARMLESS_FIELDS = {
    member.value: member
    for member in (
        Harmless.TOP_K,
        Harmless.SEED,
        Harmless.FREQUENCY_PENALTY,
        Harmless.PRESENCE_PENALTY,
        Harmless.REASONING_BUDGET,
        Harmless.USER,
    )
}

_SECTIONS = {"config", "routing", "output"}
# Where a provider does not hold to them, the model is told in words, and its answer is checked here in every case.
IN_WORDS = frozenset({Feature.JSON_MODE, Feature.JSON_SCHEMA, Feature.JSON_BESIDE_TOOLS})


def demands(request: completion_pb2.CompleteRequest) -> Demands:
    """Read what the request asks for."""
    found = Demands()
    for index, message in enumerate(request.messages):
        if message.name:
            found.harmless.add(Harmless.NAME)
        for number, part in enumerate(message.parts):
            if part.citations:
                found.harmless.add(Harmless.CITATIONS)
            if (kind := part.WhichOneof("kind")) != "text":
                _read_part(kind, part, f"messages[{index}].parts[{number}]", message.role, found)
    for index, tool in enumerate(request.tools):
        if tool.HasField("provider_tool"):
            found.need(Feature.PROVIDER_TOOLS, f"tools[{index}].provider_tool", kind=tool.provider_tool.kind)
        elif tool.function.strict:
            found.harmless.add(Harmless.STRICT)
    _read_fields(request, found)
    return found


def _read_fields(request: completion_pb2.CompleteRequest, found: Demands) -> None:
    for path in _set_fields(request):
        if path in _FIELDS:
            found.need(_FIELDS[path], path)
        elif path in _HARMLESS_FIELDS:
            found.harmless.add(_HARMLESS_FIELDS[path])
    if request.config.top_logprobs:
        found.need(Feature.TOP_LOGPROBS, "config.top_logprobs")


def _read_part(
    kind: str | None, part: message_pb2.ContentPart, path: str, role: message_pb2.Role.ValueType, found: Demands
) -> None:
    match kind:
        case "media":
            _read_media(part.media, f"{path}.media", found)
            if role == message_pb2.ROLE_ASSISTANT:
                found.need(Feature.ASSISTANT_MEDIA, f"{path}.media")
        case "tool_call":
            found.need(Feature.TOOLS, f"{path}.tool_call")
        case "tool_result":
            found.need(Feature.TOOLS, f"{path}.tool_result")
            _read_result(part.tool_result, f"{path}.tool_result", found)
        case "provider_part":
            found.need(Feature.PROVIDER_PARTS, f"{path}.provider_part", kind=part.provider_part.kind)


def _read_result(result: message_pb2.ToolResult, path: str, found: Demands) -> None:
    if result.is_error:
        found.harmless.add(Harmless.IS_ERROR)
    for number, inner in enumerate(result.parts):
        if inner.HasField("media"):
            where = f"{path}.parts[{number}].media"
            image = kind_of(inner.media) == "image"
            found.need(Feature.TOOL_RESULT_IMAGES if image else Feature.TOOL_RESULT_DOCUMENTS, where)
            _read_media(inner.media, where, found)


def _read_media(media: message_pb2.Media, path: str, found: Demands) -> None:
    found.need(_MEDIA.get((kind_of(media), media.WhichOneof("source") or ""), Feature.VIDEO), path)
    if media.detail:
        found.harmless.add(Harmless.DETAIL)
    if media.filename:
        found.harmless.add(Harmless.FILENAME)


def _set_fields(request: completion_pb2.CompleteRequest) -> Iterator[str]:
    for descriptor, value in request.ListFields():
        if descriptor.name in _SECTIONS:
            yield from (f"{descriptor.name}.{inner.name}" for inner, _ in value.ListFields())
        elif not isinstance(value, Message) or value.ListFields():
            # A message that is there and says nothing asks for nothing.
            yield descriptor.name
