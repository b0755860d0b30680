"""Reads requests of Responses."""

from itertools import zip_longest
from typing import Any

from fault_provider import media
from fault_provider.errors import InvalidRequest
from fault_provider.fields import Described, Fields, Readers, read_parts, said
from fault_provider.prompt import Prompt, Tool, Turn, conversation, tool_call
from fault_provider.wires.openai_request import (
    EFFORTS,
    IGNORED,
    check_json_mode,
    read_function,
    read_parallel,
    read_schema,
    read_tool_choice,
)

LOGPROBS = "message.output_text.logprobs"
_MOST_LOGPROBS = 20
_IGNORED_HERE = (
    "background",
    "context_management",
    "conversation",
    "max_tool_calls",
    "previous_response_id",
    "prompt",
    "truncation",
)
_ROLES = ("user", "assistant", "system", "developer")
_HOSTED_ITEMS = (
    "code_interpreter_call",
    "compaction",
    "computer_call",
    "custom_tool_call",
    "file_search_call",
    "image_generation_call",
    "item_reference",
    "mcp_call",
    "mcp_list_tools",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
)


def read(body: dict[str, Any]) -> Prompt:
    """Return the prompt of a request; raises InvalidRequest."""
    with Fields(body) as fields:
        fields.ignore(*IGNORED, *_IGNORED_HERE)
        model = fields.need("model", str)
        turns = conversation([*_read_instructions(fields), *_read_input(fields)], "input")
        shape = _read_text(fields)
        check_json_mode(turns, shape, ("input",))
        streamed = fields.take("stream", bool) or False
        has_tools = fields.has("tools")
        return Prompt(
            body=body,
            model=model,
            streamed=streamed,
            turns=turns,
            tools=_read_tools(fields),
            format=shape,
            max_tokens=fields.count("max_output_tokens", 16),
            top_logprobs=_read_logprobs(fields),
            include_obfuscation=_read_stream_options(fields, streamed=streamed),
            settings=said(
                temperature=fields.number("temperature", 0, 2),
                top_p=fields.number("top_p", 0, 1),
                user=fields.take("user", str),
                reasoning=_read_reasoning(fields),
                parallel_tool_calls=read_parallel(fields, has_tools=has_tools),
                tool_choice=read_tool_choice(fields, _name_of, has_tools=has_tools),
            ),
        )


def _read_instructions(fields: Fields) -> list[Turn]:
    """Read what stands before the input."""
    text = fields.take("instructions", str)
    return [Turn("system", [{"type": "text", "text": text}])] if text else []


def _read_input(fields: Fields) -> list[Turn]:
    """Read a string, or a list of items."""
    value = fields.need("input", str, list)
    if isinstance(value, str):
        return [Turn("user", [{"type": "text", "text": value}])]
    turns: list[Turn] = []
    for position, each in enumerate(value):
        with Fields(each, ("input", position)) as item:
            turns.append(_read_item(item))
    for turn, follower in zip_longest(turns, turns[1:]):
        if turn.parts and turn.parts[-1]["type"] == "reasoning" and (follower is None or follower.role != "assistant"):
            raise fields.invalid(
                "an item of type 'reasoning' was provided without its required following item", "input"
            )
    return turns


def _read_item(item: Fields) -> Turn:
    """Read a message, or one of the items that stand beside messages."""
    item.ignore("status")
    match kind := item.take("type", str) or "message":
        case "message":
            return _read_message(item)
        case "function_call_output":
            return Turn("tool", [_read_output(item)])
        case "function_call":
            return Turn("assistant", [_read_call(item)])
        case "reasoning":
            return Turn("assistant", [_read_reasoning_item(item)])
    if kind not in _HOSTED_ITEMS:
        raise item.invalid("is no type of item", "type")
    item.ignore_all()
    return Turn("assistant", [{"type": "provider", "kind": kind}])


def _read_message(item: Fields) -> Turn:
    """Read a message, whose parts depend on who speaks."""
    item.ignore("id", "phase")
    role = item.choice("role", *_ROLES)
    if role is None:
        raise InvalidRequest("missing", (*item.path, "role"))
    return Turn(role, read_parts(item, "content", _SAID if role == "assistant" else _ASKED))


def _read_call(item: Fields) -> Described:
    """Read a tool call of the assistant's."""
    item.ignore("id", "namespace")
    return tool_call(item.need("call_id", str), item.need("name", str), item.need("arguments", str))


def _read_output(item: Fields) -> Described:
    """Read what a tool answered."""
    item.ignore("id")
    described = {"type": "tool_result", "id": item.need("call_id", str)}
    return described | said(parts=read_parts(item, "output", _RESULT))


def _read_reasoning_item(item: Fields) -> Described:
    """Read reasoning that comes back, by its summary."""
    texts = []
    item.ignore("id", "content")
    for part in item.need_objects("summary"):
        with part:
            part.choice("type", "summary_text")
            texts.append(part.need("text", str))
    return {"type": "reasoning", "text": "".join(texts), "encrypted": bool(item.take("encrypted_content", str))}


def _input_text(part: Fields) -> Described:
    part.ignore("prompt_cache_breakpoint")
    return {"type": "text", "text": part.need("text", str)}


def _output_text(part: Fields) -> Described:
    part.ignore("annotations", "logprobs")
    return {"type": "text", "text": part.need("text", str)}


def _refusal(part: Fields) -> Described:
    return {"type": "refusal", "text": part.need("refusal", str)}


def _input_image(part: Fields) -> Described:
    detail = part.choice("detail", "auto", "low", "high", "original")
    described = media.from_file_id("image", part) if part.has("file_id") else media.from_url("image", part, "image_url")
    part.ignore("file_id", "image_url")
    return described | said(detail=detail)


def _input_file(part: Fields) -> Described:
    part.ignore("detail")
    return media.from_file(part, addresses=True)


_RESULT: Readers = {"input_text": _input_text, "input_image": _input_image, "input_file": _input_file}
_ASKED: Readers = _RESULT
_SAID: Readers = {"output_text": _output_text, "refusal": _refusal}


def _read_tools(fields: Fields) -> list[Tool]:
    """Read the functions; what the provider runs itself changes nothing here."""
    tools = []
    for tool in fields.objects("tools"):
        with tool:
            if tool.need("type", str) == "function":
                tool.ignore("defer_loading", "output_schema", "allowed_callers")
                tools.append(read_function(tool))
            else:
                tool.ignore_all()
    return tools


def _name_of(tool: Fields, kind: str) -> str:
    """Read a tool's name; that of what the provider runs itself is its type."""
    return str(tool.need("name", str)) if kind in ("function", "custom") else kind


def _read_text(fields: Fields) -> Described | None:
    """Read `text.format`."""
    if (text := fields.fields("text")) is None:
        return None
    with text:
        text.ignore("verbosity")
        if (shape := text.fields("format")) is None:
            return None
        with shape:
            match shape.choice("type", "text", "json_object", "json_schema"):
                case "json_object":
                    return {"type": "json"}
                case "json_schema":
                    return read_schema(shape)
    return None


def _read_reasoning(fields: Fields) -> Described:
    """Read how much to think and what to tell of it."""
    if (reasoning := fields.fields("reasoning")) is None:
        return {}
    with reasoning:
        reasoning.ignore("context", "generate_summary", "mode")
        return said(
            effort=reasoning.choice("effort", *EFFORTS),
            summary=reasoning.choice("summary", "auto", "concise", "detailed"),
        )


def _read_logprobs(fields: Fields) -> int | None:
    """Read how many alternatives to each token are asked for, which `include` has to ask for too."""
    included = LOGPROBS in (fields.take("include", list) or ())
    top = fields.count("top_logprobs", 0)
    if top is not None and top > _MOST_LOGPROBS:
        raise fields.invalid(f"must be at most {_MOST_LOGPROBS}", "top_logprobs")
    return (top or 0) if included else None


def _read_stream_options(fields: Fields, *, streamed: bool) -> bool:
    """Read whether deltas are to have obfuscation."""
    if (options := fields.fields("stream_options")) is None:
        return True
    if not streamed:
        raise fields.invalid("is only allowed when 'stream' is enabled", "stream_options")
    with options:
        return options.take("include_obfuscation", bool) is not False
