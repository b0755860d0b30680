"""Reads requests of Cohere v2 Chat."""

from typing import Any

from fault_provider.errors import InvalidRequest
from fault_provider.fields import Described, Fields, Readers, read_parts, said
from fault_provider.prompt import Prompt, Tool, Turn, conversation
from fault_provider.wires.parts import read_call, read_image_url, read_text

_MOST_STOPS = 5


def read(body: dict[str, Any]) -> Prompt:
    """Return the prompt of a request; raises InvalidRequest."""
    with Fields(body) as fields:
        fields.ignore("citation_options", "priority", "safety_mode")
        model = fields.need("model", str)
        has_tools = fields.has("tools")
        if (has_tools or fields.has("documents")) and fields.has("response_format"):
            raise fields.invalid("is not supported with tools or documents", "response_format")
        if fields.has("frequency_penalty") and fields.has("presence_penalty"):
            raise fields.invalid("cannot specify both frequency_penalty and presence_penalty")
        strict = fields.take("strict_tools", bool)
        return Prompt(
            body=body,
            model=model,
            streamed=fields.take("stream", bool) or False,
            turns=conversation(_read_message(message) for message in fields.need_objects("messages")),
            tools=_read_tools(fields, strict=strict),
            format=_read_format(fields),
            max_tokens=fields.count("max_tokens"),
            stops=fields.strings("stop_sequences", _MOST_STOPS),
            top_logprobs=0 if fields.take("logprobs", bool) else None,
            settings=said(
                temperature=fields.number("temperature", 0, 1),
                top_p=fields.number("p", 0.01, 0.99),
                top_k=fields.number("k", 0, 500),
                frequency_penalty=fields.number("frequency_penalty", 0, 1),
                presence_penalty=fields.number("presence_penalty", 0, 1),
                seed=fields.count("seed", 0),
                documents=fields.take("documents", list),
                reasoning=_read_thinking(fields),
                tool_choice=_read_tool_choice(fields, has_tools=has_tools),
            ),
        )


def _read_message(message: Fields) -> Turn:
    """Read one message."""
    with message:
        match role := message.need("role", str):
            case "system":
                return Turn(role, read_parts(message, "content", _TEXT))
            case "user":
                return Turn(role, read_parts(message, "content", _USER))
            case "assistant":
                return Turn(role, _read_assistant(message))
            case "tool":
                result = {"type": "tool_result", "id": message.need("tool_call_id", str)}
                return Turn(role, [result | said(parts=read_parts(message, "content", _RESULT))])
        raise message.invalid("must be one of system, user, assistant, tool", "role")


def _read_assistant(message: Fields) -> list[Described]:
    """Read what the model said; the plan before its tool calls is text."""
    message.ignore("citations")
    calls = [read_call(call) for call in message.objects("tool_calls")]
    plan = message.take("tool_plan", str)
    parts = read_parts(message, "content", _ASSISTANT) if message.has("content") else []
    message.ignore("content")
    if not (parts or plan or calls):
        raise InvalidRequest("missing", (*message.path, "content"))
    return [*parts, *([{"type": "text", "text": plan}] if plan else []), *calls]


def _thinking(part: Fields) -> Described:
    return {"type": "reasoning", "text": part.need("thinking", str)}


def _document(part: Fields) -> Described:
    with part.need_fields("document") as document:
        described = {"type": "document", "data": document.need("data", dict, str)}
        return described | said(filename=document.take("id", str))


_TEXT: Readers = {"text": read_text}
_USER: Readers = {"text": read_text, "image_url": read_image_url}
_ASSISTANT: Readers = {"text": read_text, "thinking": _thinking}
_RESULT: Readers = {"text": read_text, "document": _document}


def _read_tools(fields: Fields, *, strict: bool | None) -> list[Tool]:
    """Read the functions; strictness is the same for all."""
    tools = []
    for tool in fields.objects("tools"):
        with tool, tool.need_fields("function") as function:
            tool.choice("type", "function")
            name, description = function.need("name", str), function.take("description", str)
            tools.append(Tool(name, description, function.need("parameters", dict), strict))
    return tools


def _read_tool_choice(fields: Fields, *, has_tools: bool) -> Described | None:
    """Read whether tools have to be, or must not be called."""
    choice = fields.choice("tool_choice", "REQUIRED", "NONE")
    if choice and not has_tools:
        raise fields.invalid("can only be used with tools", "tool_choice")
    return {"mode": choice.lower()} if choice else None


def _read_format(fields: Fields) -> Described | None:
    """Read `response_format`."""
    if (shape := fields.fields("response_format")) is None:
        return None
    with shape:
        if shape.choice("type", "text", "json_object") != "json_object":
            return None
        schema = shape.take("json_schema", dict) or shape.take("schema", dict)
        return {"type": "json_schema", "schema": schema} if schema else {"type": "json"}


def _read_thinking(fields: Fields) -> Described:
    """Read whether to think, and how much."""
    if (thinking := fields.fields("thinking")) is None:
        return {}
    with thinking:
        return said(
            type=thinking.choice("type", "enabled", "disabled"),
            budget_tokens=thinking.count("token_budget"),
        )
