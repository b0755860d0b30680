"""The rules of CompleteRequest that hold whoever answers it; the protos' comments state the same ones."""

import itertools
from collections.abc import Callable
from typing import Final, Literal

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.config.output import MAX_REPAIRS
from llmrpc_server.errors import Violation
from llmrpc_server.requests.message_rules import MAX_PARTS, found_in_message, has_too_many_parts
from llmrpc_server.requests.rules import MAX_NAME_SHOWN, Found, at_most, json_text, known, no_nul, positive

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
MAX_TOOLS = 4096
MAX_FALLBACK_MODELS = 64

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
    # One that is too long is looked at no further.
    found = itertools.islice(list(_check_lengths(request)) or _check(request), MAX_VIOLATIONS)
    return [Violation(field, description) for field, description in found]


def _check_lengths(request: completion_pb2.CompleteRequest) -> Found:
    if has_too_many_parts(request.messages):
        yield "messages", f"must hold at most {MAX_PARTS} parts in all"
    if len(request.tools) > MAX_TOOLS:
        yield "tools", f"must hold at most {MAX_TOOLS}, has {len(request.tools)}"
    if len(request.routing.fallback_models) > MAX_FALLBACK_MODELS:
        models = len(request.routing.fallback_models)
        yield "routing.fallback_models", f"must hold at most {MAX_FALLBACK_MODELS}, has {models}"


def _check(request: completion_pb2.CompleteRequest) -> Found:
    if not request.messages and not request.HasField("prompt"):
        yield "messages", "must hold at least one message, or set prompt"
    for descriptor, _ in request.ListFields():
        if (check := _FIELDS.get(descriptor.name)) is not None:
            yield from check(request)


def _check_messages(request: completion_pb2.CompleteRequest) -> Found:
    for index, message in enumerate(request.messages):
        yield from found_in_message(message, f"messages[{index}]")


def _check_prompt(request: completion_pb2.CompleteRequest) -> Found:
    prompt = request.prompt
    if not prompt.name:
        yield "prompt.name", "must be set"
    yield from no_nul("prompt.name", prompt.name)
    yield from no_nul("prompt.version", prompt.version)


def _check_config(request: completion_pb2.CompleteRequest) -> Found:
    config = request.config
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
    yield from known("config.reasoning_effort", "effort", effort, completion_pb2.ReasoningEffort.values())


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
                    yield from json_text(f"{path}.provider_tool.options_json", tool.provider_tool.options_json, dict)


def _check_tool_choice(request: completion_pb2.CompleteRequest) -> Found:
    names = {tool.function.name for tool in request.tools if tool.HasField("function")}
    for index, name in enumerate(request.tool_choice.tool_names):
        if name not in names:
            path = f"tool_choice.tool_names[{index}]"
            yield path, f'must be a function of tools, is "{name[:MAX_NAME_SHOWN]}"'
    mode = request.tool_choice.mode
    yield from known("tool_choice.mode", "mode", mode, message_pb2.ToolChoiceMode.values())


def _check_function(function: message_pb2.FunctionTool, path: str, names: set[str]) -> Found:
    allowed = function.name.isascii() and function.name.replace("_", "").replace("-", "").isalnum()
    if not allowed or len(function.name) > MAX_TOOL_NAME:
        yield f"{path}.name", f'must be 1 to {MAX_TOOL_NAME} letters, digits, "_" or "-"'
    elif function.name in names:
        yield f"{path}.name", f'must be unique, "{function.name}" stands twice'
    names.add(function.name)
    if function.parameters_json_schema:
        yield from json_text(f"{path}.parameters_json_schema", function.parameters_json_schema, dict)


def _check_output(request: completion_pb2.CompleteRequest) -> Found:
    output = request.output
    match output.WhichOneof("format"):
        case "json_schema":
            yield from json_text("output.json_schema.schema_json", output.json_schema.schema_json, dict, bool)
        case "protobuf" if not output.protobuf.type_name:
            yield "output.protobuf.type_name", "must be set"
    if output.HasField("max_repairs") and not 0 <= output.max_repairs <= MAX_REPAIRS:
        yield "output.max_repairs", f"must be from 0 to {MAX_REPAIRS}, is {output.max_repairs}"


def _check_routing(request: completion_pb2.CompleteRequest) -> Found:
    routing = request.routing
    if routing.HasField("max_attempts") and routing.max_attempts < 1:
        yield "routing.max_attempts", f"must be at least 1, is {routing.max_attempts}"
    for index, model in enumerate(routing.fallback_models):
        if not model:
            yield f"routing.fallback_models[{index}]", "must not be empty"
        yield from _check_model(f"routing.fallback_models[{index}]", model)
    for name in _DURATIONS:
        if routing.HasField(name):
            yield from positive(f"routing.{name}", getattr(routing, name))


def _check_cache(request: completion_pb2.CompleteRequest) -> Found:
    cache = request.cache
    yield from known("cache.mode", "mode", cache.mode, completion_pb2.CacheMode.values())
    if cache.HasField("ttl"):
        yield from positive("cache.ttl", cache.ttl)
    if len(cache.tags) > MAX_CACHE_TAGS:
        yield "cache.tags", f"must hold at most {MAX_CACHE_TAGS} tags, has {len(cache.tags)}"
    for index, tag in enumerate(cache.tags):
        if not tag:
            yield f"cache.tags[{index}]", "must not be empty"
        yield from no_nul(f"cache.tags[{index}]", tag)


def _check_stream(request: completion_pb2.CompleteRequest) -> Found:
    stream = request.stream
    policies = completion_pb2.InterruptionPolicy.values()
    yield from known("stream.on_interruption", "policy", stream.on_interruption, policies)
    if stream.HasField("partial_interval"):
        yield from positive("stream.partial_interval", stream.partial_interval)


def _check_labels(request: completion_pb2.CompleteRequest) -> Found:
    if len(request.labels) > MAX_LABELS:
        yield "labels", f"must hold at most {MAX_LABELS}, has {len(request.labels)}"
    for key, value in request.labels.items():
        path = f'labels["{key[:MAX_LABEL_KEY]}"]'.replace("\0", "\\0")
        if not 0 < len(key) <= MAX_LABEL_KEY:
            yield path, f"must have a key of 1 to {MAX_LABEL_KEY} characters"
        if len(value) > MAX_LABEL_VALUE:
            yield path, f"must be at most {MAX_LABEL_VALUE} characters"
        yield from no_nul(path, key + value)


def _check_max_cost(request: completion_pb2.CompleteRequest) -> Found:
    if request.max_cost_picos <= 0:
        yield "max_cost_picos", "must be more than 0"


def _check_request_id(request: completion_pb2.CompleteRequest) -> Found:
    yield from at_most("request_id", request.request_id, MAX_REQUEST_ID)
    yield from no_nul("request_id", request.request_id)


def _check_user(request: completion_pb2.CompleteRequest) -> Found:
    yield from at_most("user", request.user, MAX_USER)
    yield from no_nul("user", request.user)


def _check_provider_options(request: completion_pb2.CompleteRequest) -> Found:
    for provider, text in request.provider_options_json.items():
        yield from json_text(f'provider_options_json["{provider[:MAX_NAME_SHOWN]}"]', text, dict)


def _check_own_model(request: completion_pb2.CompleteRequest) -> Found:
    yield from _check_model("model", request.model)


def _check_model(path: str, name: str) -> Found:
    yield from at_most(path, name, MAX_MODEL)
    if not name.isprintable():
        yield path, "must be a printable name"


# Of the fields that are set: most requests set few, and every call pays for what is looked at.
_FIELDS: dict[str, Callable[[completion_pb2.CompleteRequest], Found]] = {
    "model": _check_own_model,
    "messages": _check_messages,
    "prompt": _check_prompt,
    "config": _check_config,
    "tools": _check_tools,
    "tool_choice": _check_tool_choice,
    "output": _check_output,
    "routing": _check_routing,
    "cache": _check_cache,
    "stream": _check_stream,
    "max_cost_picos": _check_max_cost,
    "request_id": _check_request_id,
    "user": _check_user,
    "labels": _check_labels,
    "provider_options_json": _check_provider_options,
}
