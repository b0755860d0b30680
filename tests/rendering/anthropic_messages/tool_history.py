"""Conversations in which tools were called."""

from collections.abc import Iterable
from typing import Final

from anthropic.types import ContentBlockParam, MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlockParam

from rendering.anthropic_messages.media import PNG
from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.anthropic_messages.tools import TIME, WEATHER
from rendering.expectation import Expectation, Sent
from rendering.media import PDF_64

ASKED: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "Weather?"}]}
FIRST: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "How is the weather?"}]}
BOTH: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "Weather and time?"}]}
CALL: Final[ToolUseBlockParam] = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Köln"}}
OTHER: Final[ToolUseBlockParam] = {"type": "tool_use", "id": "call_2", "name": "what-time_1", "input": {}}
THIRD: Final[ToolUseBlockParam] = {"type": "tool_use", "id": "call_3", "name": "what-time_1", "input": {}}
SUNNY: Final[ToolResultBlockParam] = {
    "type": "tool_result",
    "tool_use_id": "call_1",
    "content": [{"type": "text", "text": "Sunny."}],
}
NOON: Final[ToolResultBlockParam] = {
    "type": "tool_result",
    "tool_use_id": "call_2",
    "content": [{"type": "text", "text": "Noon."}],
}

STATE = "messages[].parts[].provider_state"


def turns(
    first: MessageParam,
    *others: Iterable[ContentBlockParam],
    tools: Iterable[ToolParam] = (WEATHER,),
) -> Sent:
    """Expect the user's first turn, and then those of the assistant and the user in turn."""
    messages = [first]
    for number, content in enumerate(others):
        turn: MessageParam = {"role": "assistant", "content": content}
        messages.append({"role": "user", "content": content} if number % 2 else turn)
    return sent(model=MODEL, max_tokens=4096, messages=messages, tools=tools)


TOOL_HISTORY: dict[str, Expectation] = {
    "a call and its result": turns(
        {"role": "user", "content": [{"type": "text", "text": "How is the weather in Köln?"}]},
        [CALL],
        [SUNNY],
    ),
    "a call whose tools are gone": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": [CALL]},
            {"role": "user", "content": [SUNNY]},
        ],
    ),
    "text before a call": turns(
        FIRST,
        [{"type": "text", "text": "Let me"}, {"type": "text", "text": " see."}, CALL],
        [SUNNY],
        [{"type": "text", "text": "It is sunny."}],
        [{"type": "text", "text": "Thanks."}],
    ),
    "text after a call": turns(FIRST, [CALL, {"type": "text", "text": "I asked."}], [SUNNY]),
    "empty text before a call": turns(FIRST, [CALL], [SUNNY]),
    "parallel calls": sent(
        model=MODEL,
        max_tokens=4096,
        system=[{"type": "text", "text": "Be brief."}],
        messages=[
            BOTH,
            {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, CALL, OTHER]},
            {"role": "user", "content": [SUNNY, NOON]},
        ],
        tools=[WEATHER, TIME],
    ),
    "results in messages of their own": turns(BOTH, [CALL, OTHER], [NOON, SUNNY], tools=[WEATHER, TIME]),
    "a question right after the result": turns(
        ASKED,
        [CALL],
        [SUNNY, {"type": "text", "text": "In Fahrenheit, please."}],
    ),
    "a question between call and result": turns(
        ASKED,
        [CALL],
        [{"type": "text", "text": "Are you there?"}, SUNNY],
    ),
    "results of several texts, of none and of nothing": turns(
        ASKED,
        [CALL, OTHER, THIRD],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "Sunny."}, {"type": "text", "text": "25 degrees."}],
            },
            {"type": "tool_result", "tool_use_id": "call_2"},
            {"type": "tool_result", "tool_use_id": "call_3"},
        ],
        tools=[WEATHER, TIME],
    ),
    "a tool that failed": turns(
        ASKED,
        [CALL],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "No such city."}],
                "is_error": True,
            },
        ],
    ),
    "an image as the result": turns(
        ASKED,
        [CALL],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "A map:"}, {"type": "image", "source": PNG}],
            },
        ],
    ),
    "an image by address as the result": turns(
        ASKED,
        [CALL],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "image", "source": {"type": "url", "url": "https://example.com/map.png"}}],
            },
        ],
    ),
    "a PDF as the result": turns(
        ASKED,
        [CALL],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64},
                        "title": "map.pdf",
                    },
                ],
            },
        ],
    ),
    "arguments as they were written": turns(
        ASKED,
        [
            {
                "type": "tool_use",
                "id": "call_1",
                "name": "weather",
                "input": {"until": 123456789012345678901234567890, "city": "Köln", "a": 0.5},
            },
        ],
        [SUNNY],
    ),
    "arguments that are none": turns(
        {"role": "user", "content": [{"type": "text", "text": "Time?"}]},
        [{"type": "tool_use", "id": "call_1", "name": "what-time_1", "input": {}}],
        [{"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "Noon."}]}],
        tools=[TIME],
    ),
    "arguments that are not JSON": turns(
        ASKED,
        [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"INVALID_JSON": '{"city": "Kö'}}],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "The arguments are not JSON."}],
            },
        ],
    ),
    "arguments that are no object": turns(
        ASKED,
        [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"INVALID_JSON": '["Köln"]'}}],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "The arguments are no object."}],
            },
        ],
    ),
    "call and result hinted for the cache": turns(
        ASKED,
        [
            {
                "type": "tool_use",
                "id": "call_1",
                "name": "weather",
                "input": {"city": "Köln"},
                "cache_control": {"type": "ephemeral"},
            },
        ],
        [
            {
                "type": "tool_result",
                "tool_use_id": "call_1",
                "content": [{"type": "text", "text": "Sunny."}],
                "cache_control": {"type": "ephemeral"},
            },
        ],
    ),
    "a call with Chat's state": turns(ASKED, [CALL], [SUNNY]).dropping(STATE),
    "a call with Responses' state": turns(ASKED, [CALL], [SUNNY]).dropping(STATE),
    "a call with Anthropic's state": turns(
        ASKED,
        [
            {
                "type": "tool_use",
                "id": "call_1",
                "name": "weather",
                "input": {"city": "Köln"},
                "caller": {"type": "direct"},
            },
        ],
        [SUNNY],
    ),
}
