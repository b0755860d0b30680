"""Tools that a model may call, and how freely."""

from typing import Final

from openai.types.responses import EasyInputMessageParam, FunctionToolParam

from rendering.expectation import Expectation, refused
from rendering.openai_responses.sdk import sent

HI: Final[EasyInputMessageParam] = {"role": "user", "content": "Hi"}

WEATHER: Final[FunctionToolParam] = {
    "type": "function",
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {
        "type": "object",
        "required": ["until", "city"],
        "properties": {
            "until": {"maximum": 123456789012345678901234567890, "type": "integer", "exclusiveMinimum": 0.5},
            "city": {"type": "string", "enum": ["Köln", "Aachen"]},
        },
    },
    "strict": False,
}
TIME: Final[FunctionToolParam] = {
    "type": "function",
    "name": "what-time_1",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
BOOK: Final[FunctionToolParam] = {
    "type": "function",
    "name": "book",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": True,
}

TOOLS: dict[str, Expectation] = {
    "a tool with everything but strictness": sent(input=[HI], tools=[WEATHER]),
    "a tool with a name alone": sent(input=[HI], tools=[TIME]),
    "a strict tool": sent(input=[HI], tools=[BOOK]),
    "several tools": sent(input=[HI], tools=[BOOK, WEATHER, TIME]),
    "Chat's own tool": refused("tools[0].provider_tool"),
    "Responses' own tools": sent(
        input=[HI],
        tools=[
            {"type": "web_search", "search_context_size": "low"},
            {"type": "code_interpreter", "container": {"type": "auto"}},
        ],
    ),
    "Anthropic's own tools": refused("tools[0].provider_tool"),
    "Cohere's own tool": refused("tools[0].provider_tool"),
    "choice: automatic": sent(input=[HI], tools=[TIME, BOOK], tool_choice="auto"),
    "choice: none": sent(input=[HI], tools=[TIME, BOOK], tool_choice="none"),
    "choice: required": sent(input=[HI], tools=[TIME, BOOK], tool_choice="required"),
    "choice: required, one name": sent(
        input=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "function", "name": "book"},
    ),
    "choice: required, several names": sent(input=[HI], tools=[TIME, BOOK], tool_choice="required"),
    "choice: automatic, one name": sent(input=[HI], tools=[TIME], tool_choice="auto"),
    "choice: none, one name": sent(input=[HI], tools=[TIME], tool_choice="none"),
    "choice: one name, no word": sent(input=[HI], tools=[TIME]),
    "one call at a time": sent(input=[HI], tools=[TIME], parallel_tool_calls=False),
    "several calls at a time": sent(input=[HI], tools=[TIME], parallel_tool_calls=True),
    "one call at a time, required": sent(
        input=[HI],
        tools=[TIME],
        tool_choice="required",
        parallel_tool_calls=False,
    ),
    "one call at a time, one name": sent(
        input=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "function", "name": "book"},
        parallel_tool_calls=False,
    ),
    "several calls at a time, required": sent(
        input=[HI],
        tools=[TIME],
        tool_choice="required",
        parallel_tool_calls=True,
    ),
}
