"""What requests of Chat Completions and of Responses have in common."""

from collections.abc import Callable, Mapping
from typing import Any

from fault_provider.errors import InvalidRequest, Path
from fault_provider.fields import Described, Fields, said
from fault_provider.prompt import Tool, Turn, texts_of

IGNORED = (
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
)
"""Fields of both that change nothing here."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
NameOf = Callable[[Fields, str], str]
"""Reads the name of a tool of this type."""

_MODES = ("none", "auto", "required")


def read_function(function: Fields) -> Tool:
    """Read a function tool; strict schemas have to be as strict mode wants them."""
    tool = Tool(
        function.need("name", str),
        function.take("description", str),
        function.take("parameters", dict),
        function.take("strict", bool),
    )
    if tool.strict:
        _check_strict(tool.parameters or {}, (*function.path, "parameters"))
    return tool


def read_schema(shape: Fields) -> Described:
    """Read the name and schema of structured output."""
    described = {
        "type": "json_schema",
        **said(
            name=shape.need("name", str),
            description=shape.take("description", str),
            schema=shape.need("schema", dict),
            strict=shape.take("strict", bool),
        ),
    }
    if described.get("strict"):
        _check_strict(described["schema"], (*shape.path, "schema"))
    return described


def read_tool_choice(fields: Fields, name_of: NameOf, *, has_tools: bool) -> Described | None:
    """Read `tool_choice`, which needs tools, into the words of all wire formats."""
    value = fields.take("tool_choice", str, dict)
    if value is None:
        return None
    if not has_tools:
        raise fields.invalid("'tool_choice' is only allowed when 'tools' are specified", "tool_choice")
    if isinstance(value, str):
        if value not in _MODES:
            raise fields.invalid("must be one of " + ", ".join(_MODES), "tool_choice")
        return {"mode": value}
    with Fields(value, (*fields.path, "tool_choice")) as choice:
        kind = choice.need("type", str)
        if kind != "allowed_tools":
            return {"mode": "required", "tools": [name_of(choice, kind)]}
        if (allowed := choice.fields("allowed_tools")) is None:
            return _read_allowed(choice, name_of)
        with allowed:
            return _read_allowed(allowed, name_of)


def _read_allowed(allowed: Fields, name_of: NameOf) -> Described:
    """Read a choice among some of the tools."""
    names = []
    for tool in allowed.objects("tools"):
        with tool:
            names.append(name_of(tool, tool.need("type", str)))
    return {"mode": allowed.choice("mode", "auto", "required"), "tools": names}


def read_parallel(fields: Fields, *, has_tools: bool) -> bool | None:
    """Read `parallel_tool_calls`, which needs tools."""
    value: bool | None = fields.take("parallel_tool_calls", bool)
    if value is not None and not has_tools:
        raise fields.invalid("'parallel_tool_calls' is only allowed when 'tools' are specified", "parallel_tool_calls")
    return value


def check_json_mode(turns: list[Turn], described: Described | None, path: Path) -> None:
    """Raise InvalidRequest if JSON mode is asked for and no message says the word."""
    if described != {"type": "json"}:
        return
    if not any("json" in text.lower() for turn in turns for text in texts_of(turn.parts)):
        raise InvalidRequest("invalid", path, "the messages must contain the word 'json' in some form")


def _check_strict(schema: Mapping[str, Any], path: Path) -> None:
    """Raise InvalidRequest unless every object is closed and requires all that it has."""
    for name, each in schema.items():
        below = (*path, name)
        if isinstance(each, Mapping):
            _check_strict(each, below)
        elif isinstance(each, list):
            for position, item in enumerate(each):
                if isinstance(item, Mapping):
                    _check_strict(item, (*below, position))
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise InvalidRequest("invalid", path, "'additionalProperties' is required to be supplied and to be false")
        if set(schema.get("properties", ())) != set(schema.get("required", ())):
            raise InvalidRequest("invalid", path, "'required' has to name every property")
