"""Tools that a model may call, and how freely."""

from typing import Final

from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionUserMessageParam

from rendering.expectation import Expectation, refused
from rendering.openai_chat.sdk import MODEL, sent

HI: Final[ChatCompletionUserMessageParam] = {"role": "user", "content": "Hi"}

WEATHER: Final[ChatCompletionFunctionToolParam] = {
    "type": "function",
    "function": {
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
    },
}
TIME: Final[ChatCompletionFunctionToolParam] = {"type": "function", "function": {"name": "what-time_1"}}
BOOK: Final[ChatCompletionFunctionToolParam] = {
    "type": "function",
    "function": {
        "name": "book",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
        "strict": True,
    },
}

TOOLS: dict[str, Expectation] = {
    "a tool with everything but strictness": sent(model=MODEL, messages=[HI], tools=[WEATHER]),
    "a tool with a name alone": sent(model=MODEL, messages=[HI], tools=[TIME]),
    "a strict tool": sent(model=MODEL, messages=[HI], tools=[BOOK]),
    "several tools": sent(model=MODEL, messages=[HI], tools=[BOOK, WEATHER, TIME]),
    "Chat's own tool": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME, {"type": "custom", "custom": {"name": "shell", "format": {"type": "text"}}}],
    ),
    "Responses' own tools": refused("tools[0].provider_tool"),
    "Anthropic's own tools": refused("tools[0].provider_tool"),
    "Cohere's own tool": refused("tools[0].provider_tool"),
    "choice: automatic": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], tool_choice="auto"),
    "choice: none": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], tool_choice="none"),
    "choice: required": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], tool_choice="required"),
    "choice: required, one name": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "function", "function": {"name": "book"}},
    ),
    "choice: required, several names": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], tool_choice="required"),
    "choice: automatic, one name": sent(model=MODEL, messages=[HI], tools=[TIME], tool_choice="auto"),
    "choice: none, one name": sent(model=MODEL, messages=[HI], tools=[TIME], tool_choice="none"),
    "choice: one name, no word": sent(model=MODEL, messages=[HI], tools=[TIME]),
    "one call at a time": sent(model=MODEL, messages=[HI], tools=[TIME], parallel_tool_calls=False),
    "several calls at a time": sent(model=MODEL, messages=[HI], tools=[TIME], parallel_tool_calls=True),
    "one call at a time, required": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME],
        tool_choice="required",
        parallel_tool_calls=False,
    ),
    "one call at a time, one name": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME, BOOK],
        tool_choice={"type": "function", "function": {"name": "book"}},
        parallel_tool_calls=False,
    ),
    "several calls at a time, required": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME],
        tool_choice="required",
        parallel_tool_calls=True,
    ),
}
