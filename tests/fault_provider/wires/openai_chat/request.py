"""Reads requests of Chat Completions."""

from typing import Any

from fault_provider import media
from fault_provider.fields import Described, Fields, Readers, read_parts, said
from fault_provider.prompt import Prompt, Tool, Turn, conversation
from fault_provider.wires.openai_request import (
    EFFORTS,
    IGNORED,
    check_json_mode,
    read_function,
    read_parallel,
    read_schema,
    read_tool_choice,
)
from fault_provider.wires.parts import read_call, read_image_url, read_text

_MOST_STOPS = 4
_MOST_LOGPROBS = 20
_IGNORED_HERE = (
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "modalities",
    "n",
    "prediction",
    "verbosity",
    "web_search_options",
)
_AUDIO = {"wav": "audio/wav", "mp3": "audio/mpeg"}


def read(body: dict[str, Any]) -> Prompt:
    """Return the prompt of a request; raises InvalidRequest."""
    with Fields(body) as fields:
        fields.ignore(*IGNORED, *_IGNORED_HERE)
        model = fields.need("model", str)
        turns = conversation(_read_message(message) for message in fields.need_objects("messages"))
        shape = _read_shape(fields)
        check_json_mode(turns, shape, ("messages",))
        streamed = fields.take("stream", bool) or False
        has_tools = fields.has("tools")
        return Prompt(
            body=body,
            model=model,
            streamed=streamed,
            turns=turns,
            tools=_read_tools(fields),
            format=shape,
            max_tokens=_read_limit(fields),
            stops=_read_stops(fields),
            top_logprobs=_read_logprobs(fields),
            settings=said(
                temperature=fields.number("temperature", 0, 2),
                top_p=fields.number("top_p", 0, 1),
                frequency_penalty=fields.number("frequency_penalty", -2, 2),
                presence_penalty=fields.number("presence_penalty", -2, 2),
                seed=fields.take("seed", int),
                user=fields.take("user", str),
                reasoning=said(effort=fields.choice("reasoning_effort", *EFFORTS)),
                parallel_tool_calls=read_parallel(fields, has_tools=has_tools),
                tool_choice=read_tool_choice(fields, _name_of, has_tools=has_tools),
            ),
            **_read_stream_options(fields, streamed=streamed),
        )


def _read_message(message: Fields) -> Turn:
    """Read one message."""
    with message:
        role = message.need("role", str)
        if role == "tool":
            result = {"type": "tool_result", "id": message.need("tool_call_id", str)}
            return Turn("tool", [result | said(parts=read_parts(message, "content", _TEXT))])
        name = message.take("name", str)
        match role:
            case "system" | "developer":
                parts = read_parts(message, "content", _TEXT)
            case "user":
                parts = read_parts(message, "content", _USER)
            case "assistant":
                parts = _read_assistant(message)
            case _:
                raise message.invalid("must be one of system, developer, user, assistant, tool", "role")
        return Turn(role, parts, name)


def _read_assistant(message: Fields) -> list[Described]:
    """Read what the model said; `reasoning_content` is what vendors add that stream it."""
    message.ignore("annotations", "audio", "function_call")
    parts: list[Described] = []
    if reasoning := message.take("reasoning_content", str):
        parts.append({"type": "reasoning", "text": reasoning})
    if refusal := message.take("refusal", str):
        parts.append({"type": "refusal", "text": refusal})
    calls = [read_call(call) for call in message.objects("tool_calls")]
    if message.has("content") or not (parts or calls):
        parts += read_parts(message, "content", _ASSISTANT)
    message.ignore("content")
    return parts + calls


def _text(part: Fields) -> Described:
    part.ignore("prompt_cache_breakpoint")
    return read_text(part)


def _refusal(part: Fields) -> Described:
    return {"type": "refusal", "text": part.need("refusal", str)}


def _audio(part: Fields) -> Described:
    with part.need_fields("input_audio") as audio:
        kind = audio.choice("format", *_AUDIO) or "wav"
        return media.from_base64("audio", _AUDIO[kind], audio, "data")


def _file(part: Fields) -> Described:
    with part.need_fields("file") as file:
        return media.from_file(file, addresses=False)


_TEXT: Readers = {"text": _text}
_ASSISTANT: Readers = {"text": _text, "refusal": _refusal}
_USER: Readers = {"text": _text, "image_url": read_image_url, "input_audio": _audio, "file": _file}


def _read_tools(fields: Fields) -> list[Tool]:
    """Read the functions; custom tools change nothing here."""
    is_given = fields.has("tools")
    given = fields.objects("tools")
    if is_given and not given:
        raise fields.invalid("must not be empty", "tools")
    tools = []
    for tool in given:
        with tool:
            tool.ignore("custom")
            if tool.choice("type", "function", "custom") == "function":
                with tool.need_fields("function") as function:
                    tools.append(read_function(function))
    return tools


def _name_of(tool: Fields, kind: str) -> str:
    """Read a tool's name."""
    with tool.need_fields(kind) as named:
        return str(named.need("name", str))


def _read_shape(fields: Fields) -> Described | None:
    """Read `response_format`."""
    if (shape := fields.fields("response_format")) is None:
        return None
    with shape:
        match shape.choice("type", "text", "json_object", "json_schema"):
            case "json_object":
                return {"type": "json"}
            case "json_schema":
                with shape.need_fields("json_schema") as schema:
                    return read_schema(schema)
    return None


def _read_limit(fields: Fields) -> int | None:
    """Read the limit by its new or by its old name, not both."""
    new, old = fields.count("max_completion_tokens"), fields.count("max_tokens")
    if new is not None and old is not None:
        raise fields.invalid("cannot be set together with 'max_completion_tokens'", "max_tokens")
    return old if new is None else new


def _read_stops(fields: Fields) -> tuple[str, ...]:
    """Read one stop sequence or a list of them."""
    stop = fields.take("stop", str, list)
    return Fields({"stop": [stop] if isinstance(stop, str) else stop}).strings("stop", _MOST_STOPS)


def _read_logprobs(fields: Fields) -> int | None:
    """Read how many alternatives to each token are asked for."""
    wanted, top = fields.take("logprobs", bool), fields.count("top_logprobs", 0)
    if top is not None and (not wanted or top > _MOST_LOGPROBS):
        raise fields.invalid(f"needs 'logprobs' and is at most {_MOST_LOGPROBS}", "top_logprobs")
    return (top or 0) if wanted else None


def _read_stream_options(fields: Fields, *, streamed: bool) -> dict[str, bool]:
    """Read what is to be in the stream besides the answer; a whole answer always tells its usage."""
    if (options := fields.fields("stream_options")) is None:
        return {"include_usage": not streamed, "include_obfuscation": True}
    if not streamed:
        raise fields.invalid("is only allowed when 'stream' is enabled", "stream_options")
    with options:
        return {
            "include_usage": options.take("include_usage", bool) or False,
            "include_obfuscation": options.take("include_obfuscation", bool) is not False,
        }
