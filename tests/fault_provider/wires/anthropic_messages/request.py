"""Reads requests of Messages."""

from typing import Any

from fault_provider.errors import InvalidRequest
from fault_provider.fields import Described, Fields, read_parts, said
from fault_provider.prompt import Prompt, Tool, Turn, conversation

from .blocks import ASKED, SAID, TEXT

_IGNORED = (
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "service_tier",
    "speed",
)
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_LEAST_BUDGET = 1024
_MOST_STOPS = 8191
_MODES = {"auto": "auto", "any": "required", "none": "none"}


def read(body: dict[str, Any]) -> Prompt:
    """Return the prompt of a request; raises InvalidRequest."""
    with Fields(body) as fields:
        fields.ignore(*_IGNORED)
        model = fields.need("model", str)
        fields.need("max_tokens", int)
        limit = Fields(body).count("max_tokens") or 0
        shape, effort = _read_output(fields)
        thinking = _read_thinking(fields, limit)
        settings = said(
            temperature=fields.number("temperature", 0, 1),
            top_p=fields.number("top_p", 0, 1),
            top_k=fields.count("top_k", 0),
            user=_read_user(fields),
            reasoning=thinking | effort,
            **_read_tool_choice(fields, has_tools=fields.has("tools")),
        )
        if thinking.get("type") == "enabled":
            _check_thinking(fields, settings)
        return Prompt(
            body=body,
            model=model,
            streamed=fields.take("stream", bool) or False,
            turns=conversation([*_read_system(fields), *_read_messages(fields)]),
            tools=_read_tools(fields),
            format=shape,
            max_tokens=limit,
            stops=fields.strings("stop_sequences", _MOST_STOPS),
            settings=settings,
        )


def _read_system(fields: Fields) -> list[Turn]:
    """Read what stands before the messages."""
    return [Turn("system", read_parts(fields, "system", TEXT))] if fields.has("system") else []


def _read_messages(fields: Fields) -> list[Turn]:
    """Read the messages; tool results become turns of the tools'."""
    messages = fields.need_objects("messages")
    turns: list[Turn] = []
    for message in messages:
        with message:
            role = message.choice("role", "user", "assistant", "system")
            if role is None:
                raise InvalidRequest("missing", (*message.path, "role"))
            parts = read_parts(message, "content", SAID if role == "assistant" else ASKED)
        if not parts and message is not messages[-1]:
            raise message.invalid("must have non-empty content unless it is the final assistant message")
        turns += [Turn("tool" if part["type"] == "tool_result" else role, [part]) for part in parts]
    if turns and turns[-1].role == "assistant":
        said_last = turns[-1].parts[0].get("text", "")
        if said_last != said_last.rstrip():
            raise fields.invalid("final assistant content cannot end with trailing whitespace", "messages")
    return turns


def _read_tools(fields: Fields) -> list[Tool]:
    """Read the functions; what the provider runs itself changes nothing here."""
    tools = []
    for tool in fields.objects("tools"):
        with tool:
            if (tool.take("type", str) or "custom") != "custom":
                tool.ignore_all()
                continue
            tool.ignore("allowed_callers", "cache_control", "defer_loading", "eager_input_streaming", "input_examples")
            name, description = tool.need("name", str), tool.take("description", str)
            schema = tool.need("input_schema", dict)
            if schema.get("type") != "object":
                raise tool.invalid("must be 'object'", "input_schema", "type")
            tools.append(Tool(name, description, schema, tool.take("strict", bool)))
    return tools


def _read_tool_choice(fields: Fields, *, has_tools: bool) -> Described:
    """Read which tools are to be called, and whether several at once."""
    if (choice := fields.fields("tool_choice")) is None:
        return {}
    if not has_tools:
        raise fields.invalid("may only be specified while providing tools", "tool_choice")
    with choice:
        kind = choice.choice("type", *_MODES, "tool")
        disabled = choice.take("disable_parallel_tool_use", bool) if kind != "none" else None
        mode = {"mode": "required", "tools": [choice.need("name", str)]} if kind == "tool" else None
        return said(
            tool_choice=mode or {"mode": _MODES.get(kind or "", "auto")},
            parallel_tool_calls=None if disabled is None else not disabled,
        )


def _read_output(fields: Fields) -> tuple[Described | None, Described]:
    """Read `output_config`: the shape of the answer, and the effort."""
    if (config := fields.fields("output_config")) is None:
        return None, {}
    with config:
        effort = said(effort=config.choice("effort", *_EFFORTS))
        if (shape := config.fields("format")) is None:
            return None, effort
        with shape:
            kind = shape.choice("type", "json_schema")
            return {"type": kind, "schema": shape.need("schema", dict)}, effort


def _read_thinking(fields: Fields, limit: int) -> Described:
    """Read whether to think; a budget is part of the limit."""
    if (thinking := fields.fields("thinking")) is None:
        return {}
    with thinking:
        kind = thinking.choice("type", "enabled", "disabled", "adaptive")
        if kind != "disabled":
            thinking.choice("display", "summarized", "omitted")
        if kind != "enabled":
            return said(type=kind)
        thinking_budget = thinking.need("budget_tokens", int)
        if not _LEAST_BUDGET <= thinking_budget < limit:
            raise thinking.invalid(f"must be at least {_LEAST_BUDGET} and less than max_tokens", "budget_tokens")
        return said(type=kind, budget_tokens=thinking_budget)


def _check_thinking(fields: Fields, settings: Described) -> None:
    """Raise InvalidRequest for what does not go with a thinking budget."""
    if settings.get("temperature", 1) != 1:
        raise fields.invalid("may only be set to 1 when thinking is enabled", "temperature")
    if "top_k" in settings:
        raise fields.invalid("must be unset when thinking is enabled", "top_k")
    if settings.get("tool_choice", {}).get("mode") == "required":
        raise fields.invalid("thinking may not be enabled when tool_choice forces tool use", "thinking")


def _read_user(fields: Fields) -> str | None:
    """Read `metadata.user_id`."""
    if (metadata := fields.fields("metadata")) is None:
        return None
    with metadata:
        user: str | None = metadata.take("user_id", str)
        return user
