"""The rules of CompleteRequest that hold whoever answers it; the protos' comments state the same ones."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Literal

from google.protobuf.duration_pb2 import Duration

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.errors import Violation

MAX_VIOLATIONS = 32
MAX_LABELS = 64
MAX_LABEL_KEY = 63
MAX_LABEL_VALUE = 256
MAX_USER = 256
MAX_MODEL = 256
MAX_REQUEST_ID = 128
MAX_STOP_SEQUENCES = 16
MAX_CACHE_TAGS = 16
MAX_TOP_LOGPROBS = 20
MAX_TOOL_NAME = 64
# Of a name in a message.
MAX_NAME_SHOWN = 64

_PENALTY = (-2.0, 2.0)
_Ranged = Literal["temperature", "frequency_penalty", "presence_penalty", "top_logprobs"]
_RANGES: dict[_Ranged, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "frequency_penalty": _PENALTY,
    "presence_penalty": _PENALTY,
    "top_logprobs": (0, MAX_TOP_LOGPROBS),
}
_AT_LEAST_ONE: Final = ("top_k", "max_output_tokens", "reasoning_budget_tokens")
_DURATIONS: Final = ("attempt_timeout", "first_token_timeout", "idle_timeout")


def violations(request: completion_pb2.CompleteRequest) -> list[Violation]:
    """Return the fields that are wrong, the first of them where they are many; empty for a good request."""
    found = itertools.islice(_check(request), MAX_VIOLATIONS)
    return [Violation(field, description) for field, description in found]


_ROLES = frozenset(message_pb2.Role.values())

Found = Iterator[tuple[str, str]]


def _check(request: completion_pb2.CompleteRequest) -> Found:
    if not request.messages and not request.HasField("prompt"):
        yield "messages", "must hold at least one message, or set prompt"
    yield from _check_model("model", request.model)
    for index, message in enumerate(request.messages):
        yield from _check_message(message, f"messages[{index}]")
    if request.HasField("prompt") and not request.prompt.name:
        yield "prompt.name", "must be set"
    for descriptor, value in request.ListFields():
        if descriptor.name in _SECTIONS:
            yield from _SECTIONS[descriptor.name](value)
    yield from _check_tools(request)
    if request.HasField("max_cost_picos") and request.max_cost_picos <= 0:
        yield "max_cost_picos", "must be more than 0"
    yield from _check_length("request_id", request.request_id, MAX_REQUEST_ID)
    yield from _check_length("user", request.user, MAX_USER)
    prompt = {"prompt.name": request.prompt.name, "prompt.version": request.prompt.version}
    for path, text in {"request_id": request.request_id, "user": request.user, **prompt}.items():
        yield from _check_no_nul(path, text)
    yield from _check_labels(request)
    for provider, text in request.provider_options_json.items():
        yield from _check_json(f'provider_options_json["{provider[:MAX_NAME_SHOWN]}"]', text, dict)


def _check_message(message: message_pb2.Message, path: str) -> Found:
    if message.role == message_pb2.ROLE_UNSPECIFIED:
        yield f"{path}.role", "must be set"
    yield from _check_known(f"{path}.role", "role", message.role, _ROLES)
    if not message.parts:
        yield f"{path}.parts", "must hold at least one part"
    for number, part in enumerate(message.parts):
        yield from _check_part(part, f"{path}.parts[{number}]")
        is_result = part.WhichOneof("kind") == "tool_result"
        if is_result != (message.role == message_pb2.ROLE_TOOL):
            yield f"{path}.parts[{number}]", "must be a tool result if, and only if, the role is TOOL"


def _check_part(part: message_pb2.ContentPart, path: str) -> Found:
    match part.WhichOneof("kind"):
        case None:
            yield (
                path,
                "must be text, media, a tool call, a tool result or another kind that this server knows",
            )
        case "media":
            yield from _check_media(part.media, f"{path}.media")
        case "tool_call":
            if not part.tool_call.name:
                yield f"{path}.tool_call.name", "must be set"
        case "tool_result":
            if not part.tool_result.tool_call_id:
                yield f"{path}.tool_result.tool_call_id", "must be the id of the call that it answers"
            for number, inner in enumerate(part.tool_result.parts):
                yield from _check_inner_part(inner, f"{path}.tool_result.parts[{number}]")
        case "provider_part":
            yield from _check_provider_part(part.provider_part, f"{path}.provider_part")


def found_in_message(message: message_pb2.Message, path: str) -> Found:
    """Yield what is wrong with a message that does not stand in the conversation: path and what would be right."""
    yield from _check_message(message, path)


def found_in_media(media: message_pb2.Media) -> Found:
    """Yield what is wrong with media that stand elsewhere than in a message."""
    yield from _check_media(media, "media")


def _check_provider_part(part: message_pb2.ProviderPart, path: str) -> Found:
    for name in ("kind", "type"):
        if not getattr(part, name):
            yield f"{path}.{name}", "must be set"
    yield from _check_json(f"{path}.json", part.json, dict)


def _check_inner_part(part: message_pb2.ContentPart, path: str) -> Found:
    if part.WhichOneof("kind") in {"text", "media"}:
        yield from _check_part(part, path)
    else:
        yield path, "must be text or media"


def _check_media(media: message_pb2.Media, path: str) -> Found:
    match media.WhichOneof("source"):
        case None:
            yield path, "must have data, a uri or a file_id"
        case "data" if not media.mime_type:
            yield f"{path}.mime_type", 'must be set with data, for example "image/png"'
        case "uri" if media.uri.startswith("data:"):
            yield f"{path}.uri", "must be an https address; put the bytes themselves into data"
        case "uri" if not media.uri.startswith("https://"):
            yield f"{path}.uri", "must be an https address"


def _check_config(config: completion_pb2.GenerationConfig) -> Found:
    for name, (low, high) in _RANGES.items():
        value = getattr(config, name)
        if config.HasField(name) and not low <= value <= high:
            yield f"config.{name}", f"must be from {low:g} to {high:g}, is {value:g}"
    if config.HasField("top_p") and not 0 < config.top_p <= 1:
        yield "config.top_p", f"must be more than 0 and at most 1, is {config.top_p:g}"
    for count in _AT_LEAST_ONE:
        if config.HasField(count) and getattr(config, count) < 1:
            yield f"config.{count}", f"must be at least 1, is {getattr(config, count)}"
    if len(config.stop_sequences) > MAX_STOP_SEQUENCES:
        yield (
            "config.stop_sequences",
            f"must hold at most {MAX_STOP_SEQUENCES}, has {len(config.stop_sequences)}",
        )
    for index, sequence in enumerate(config.stop_sequences):
        if not sequence:
            yield f"config.stop_sequences[{index}]", "must not be empty"
    effort = config.reasoning_effort
    yield from _check_known("config.reasoning_effort", "effort", effort, completion_pb2.ReasoningEffort.values())


def _check_tools(request: completion_pb2.CompleteRequest) -> Found:
    names: set[str] = set()
    for index, tool in enumerate(request.tools):
        path = f"tools[{index}]"
        match tool.WhichOneof("kind"):
            case None:
                yield path, "must be a function or a provider_tool"
            case "function":
                yield from _check_function(tool.function, f"{path}.function", names)
            case "provider_tool":
                for name in ("kind", "type"):
                    if not getattr(tool.provider_tool, name):
                        yield f"{path}.provider_tool.{name}", "must be set"
                if tool.provider_tool.options_json:
                    yield from _check_json(f"{path}.provider_tool.options_json", tool.provider_tool.options_json, dict)
    for index, name in enumerate(request.tool_choice.tool_names):
        if name not in names:
            path = f"tool_choice.tool_names[{index}]"
            yield path, f'must be a function of tools, is "{name[:MAX_NAME_SHOWN]}"'
    mode = request.tool_choice.mode
    yield from _check_known("tool_choice.mode", "mode", mode, message_pb2.ToolChoiceMode.values())


def _check_function(function: message_pb2.FunctionTool, path: str, names: set[str]) -> Found:
    allowed = function.name.isascii() and function.name.replace("_", "").replace("-", "").isalnum()
    if not allowed or len(function.name) > MAX_TOOL_NAME:
        yield f"{path}.name", f'must be 1 to {MAX_TOOL_NAME} letters, digits, "_" or "-"'
    elif function.name in names:
        yield f"{path}.name", f'must be unique, "{function.name}" stands twice'
    names.add(function.name)
    if function.parameters_json_schema:
        yield from _check_json(f"{path}.parameters_json_schema", function.parameters_json_schema, dict)


def _check_output(output: completion_pb2.OutputFormat) -> Found:
    match output.WhichOneof("format"):
        case "json_schema":
            yield from _check_json("output.json_schema.schema_json", output.json_schema.schema_json, dict, bool)
        case "protobuf" if not output.protobuf.type_name:
            yield "output.protobuf.type_name", "must be set"
    if output.HasField("max_repairs") and output.max_repairs < 0:
        yield "output.max_repairs", f"must be at least 0, is {output.max_repairs}"


def _check_routing(routing: completion_pb2.RoutingPolicy) -> Found:
    if routing.HasField("max_attempts") and routing.max_attempts < 1:
        yield "routing.max_attempts", f"must be at least 1, is {routing.max_attempts}"
    for index, model in enumerate(routing.fallback_models):
        if not model:
            yield f"routing.fallback_models[{index}]", "must not be empty"
        yield from _check_model(f"routing.fallback_models[{index}]", model)
    for name in _DURATIONS:
        if routing.HasField(name):
            yield from _check_duration(f"routing.{name}", getattr(routing, name))


def _check_cache(cache: completion_pb2.CachePolicy) -> Found:
    yield from _check_known("cache.mode", "mode", cache.mode, completion_pb2.CacheMode.values())
    if cache.HasField("ttl"):
        yield from _check_duration("cache.ttl", cache.ttl)
    if len(cache.tags) > MAX_CACHE_TAGS:
        yield "cache.tags", f"must hold at most {MAX_CACHE_TAGS} tags, has {len(cache.tags)}"
    for index, tag in enumerate(cache.tags):
        yield from _check_no_nul(f"cache.tags[{index}]", tag)


def _check_stream(stream: completion_pb2.StreamOptions) -> Found:
    policies = completion_pb2.InterruptionPolicy.values()
    yield from _check_known("stream.on_interruption", "policy", stream.on_interruption, policies)
    if stream.HasField("partial_interval"):
        yield from _check_duration("stream.partial_interval", stream.partial_interval)


def _check_labels(request: completion_pb2.CompleteRequest) -> Found:
    if len(request.labels) > MAX_LABELS:
        yield "labels", f"must hold at most {MAX_LABELS}, has {len(request.labels)}"
    for key, value in request.labels.items():
        path = f'labels["{key[:MAX_LABEL_KEY]}"]'.replace("\0", "\\0")
        if not 0 < len(key) <= MAX_LABEL_KEY:
            yield path, f"must have a key of 1 to {MAX_LABEL_KEY} characters"
        if len(value) > MAX_LABEL_VALUE:
            yield path, f"must be at most {MAX_LABEL_VALUE} characters"
        yield from _check_no_nul(path, key + value)


def _check_known(path: str, noun: str, value: int, known: Collection[int]) -> Found:
    if value not in known:
        yield path, f"must be a known {noun}, is {value}"


def _check_duration(path: str, value: Duration) -> Found:
    if value.ToNanoseconds() <= 0:
        yield path, "must be more than 0"


def _check_model(path: str, name: str) -> Found:
    yield from _check_length(path, name, MAX_MODEL)
    if not name.isprintable():
        yield path, "must be a printable name"


def _check_no_nul(path: str, text: str) -> Found:
    # No column of PostgreSQL's takes it.
    if "\0" in text:
        yield path, "must not hold a NUL character"


def _check_length(name: str, text: str, limit: int) -> Found:
    if len(text) > limit:
        yield name, f"must be at most {limit} characters, has {len(text)}"


def _check_json(path: str, text: str, *kinds: type[Any]) -> Found:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        yield path, f"must be JSON text: {error}"
        return
    if not isinstance(value, kinds):
        yield path, "must be the JSON text of an object"


def _refuse_constant(name: str) -> float:
    # Python's reader takes NaN and Infinity; JSON and every provider do not.
    msg = f"{name} is not JSON"
    raise ValueError(msg)


_SECTIONS: dict[str, Callable[[Any], Found]] = {
    "config": _check_config,
    "output": _check_output,
    "routing": _check_routing,
    "cache": _check_cache,
    "stream": _check_stream,
}
