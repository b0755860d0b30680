"""Tools that a model may call, and how freely."""

from typing import Final

from anthropic.types import MessageParam, ToolParam

from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.expectation import Expectation, refused

HI: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}

WEATHER: Final[ToolParam] = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": {
        "type": "object",
        "required": ["until", "city"],
        "properties": {
            "until": {"maximum": 123456789012345678901234567890, "type": "integer", "exclusiveMinimum": 0.5},
            "city": {"type": "string", "enum": ["Köln", "Aachen"]},
        },
    },
}
TIME: Final[ToolParam] = {"name": "what-time_1", "input_schema": {"type": "object"}}
BOOK: Final[ToolParam] = {
    "name": "book",
    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": True,
}

TOOLS: dict[str, Expectation] = {
    "a tool with everything but strictness": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[WEATHER]),
    "a tool with a name alone": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[TIME]),
    "a strict tool": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[BOOK]),
    "several tools": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[BOOK, WEATHER, TIME]),
    "Chat's own tool": refused("tools[0].provider_tool"),
    "Responses' own tools": refused("tools[0].provider_tool"),
    "Anthropic's own tools": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[
            TIME,
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
            {"type": "bash_20250124", "name": "bash"},
        ],
    ),
    "Cohere's own tool": refused("tools[0].provider_tool"),
    "choice: automatic": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "auto"},
    ),
    "choice: none": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "none"},
    ),
    "choice: required": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "any"},
    ),
    "choice: required, one name": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "tool", "name": "book"},
    ),
    "choice: required, several names": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "any"},
    ),
    "choice: automatic, one name": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME],
        tool_choice={"type": "auto"},
    ),
    "choice: none, one name": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME],
        tool_choice={"type": "none"},
    ),
    "choice: one name, no word": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[TIME]),
    "one call at a time": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    ),
    "several calls at a time": sent(model=MODEL, max_tokens=4096, messages=[HI], tools=[TIME]),
    "one call at a time, required": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
    ),
    "one call at a time, one name": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "tool", "name": "book", "disable_parallel_tool_use": True},
    ),
    "several calls at a time, required": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        tools=[TIME],
        tool_choice={"type": "any"},
    ),
}
