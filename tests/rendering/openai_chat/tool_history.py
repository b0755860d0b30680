"""Conversations in which tools were called."""

from typing import Any, Final

from openai.types.chat import ChatCompletionMessageFunctionToolCallParam as Call
from openai.types.chat import ChatCompletionToolMessageParam, ChatCompletionUserMessageParam

from rendering.expectation import Expectation, refused
from rendering.openai_chat.sdk import MODEL, sent
from rendering.openai_chat.tools import TIME, WEATHER

ASKED: Final[ChatCompletionUserMessageParam] = {"role": "user", "content": "Weather?"}
CALL: Final[Call] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Köln"}'},
}
OTHER: Final[Call] = {"id": "call_2", "type": "function", "function": {"name": "what-time_1", "arguments": "{}"}}
THIRD: Final[Call] = {"id": "call_3", "type": "function", "function": {"name": "what-time_1", "arguments": "{}"}}
SUNNY: Final[ChatCompletionToolMessageParam] = {"role": "tool", "tool_call_id": "call_1", "content": "Sunny."}

# As Gemini has it, at its address of this format.
SIGNED: Final[Any] = {**CALL, "extra_content": {"google": {"thought_signature": "sig"}}}

STATE = "messages[].parts[].provider_state"

TOOL_HISTORY: dict[str, Expectation] = {
    "a call and its result": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "How is the weather in Köln?"},
            {"role": "assistant", "tool_calls": [CALL]},
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "a call whose tools are gone": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [CALL]}, SUNNY],
    ),
    "text before a call": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "How is the weather?"},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Let me"}, {"type": "text", "text": " see."}],
                "tool_calls": [CALL],
            },
            SUNNY,
            {"role": "assistant", "content": "It is sunny."},
            {"role": "user", "content": "Thanks."},
        ],
        tools=[WEATHER],
    ),
    "text after a call": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "How is the weather?"},
            {"role": "assistant", "content": "I asked.", "tool_calls": [CALL]},
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "empty text before a call": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "How is the weather?"},
            {"role": "assistant", "tool_calls": [CALL]},
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "parallel calls": sent(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather and time?"},
            {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL, OTHER]},
            SUNNY,
            {"role": "tool", "tool_call_id": "call_2", "content": "Noon."},
        ],
        tools=[WEATHER, TIME],
    ),
    "results in messages of their own": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Weather and time?"},
            {"role": "assistant", "tool_calls": [CALL, OTHER]},
            {"role": "tool", "tool_call_id": "call_2", "content": "Noon."},
            SUNNY,
        ],
        tools=[WEATHER, TIME],
    ),
    "a question right after the result": sent(
        model=MODEL,
        messages=[
            ASKED,
            {"role": "assistant", "tool_calls": [CALL]},
            SUNNY,
            {"role": "user", "content": "In Fahrenheit, please."},
        ],
        tools=[WEATHER],
    ),
    "a question between call and result": sent(
        model=MODEL,
        messages=[
            ASKED,
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "user", "content": "Are you there?"},
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "results of several texts, of none and of nothing": sent(
        model=MODEL,
        messages=[
            ASKED,
            {"role": "assistant", "tool_calls": [CALL, OTHER, THIRD]},
            {
                "role": "tool",
                "tool_call_id": "call_1",
                "content": [{"type": "text", "text": "Sunny."}, {"type": "text", "text": "25 degrees."}],
            },
            {"role": "tool", "tool_call_id": "call_2", "content": ""},
            {"role": "tool", "tool_call_id": "call_3", "content": ""},
        ],
        tools=[WEATHER, TIME],
    ),
    "a tool that failed": sent(
        model=MODEL,
        messages=[
            ASKED,
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "No such city."},
        ],
        tools=[WEATHER],
    ).dropping("messages[].parts[].tool_result.is_error"),
    "an image as the result": refused("messages[2].parts[0].tool_result.parts[1].media"),
    "an image by address as the result": refused("messages[2].parts[0].tool_result.parts[0].media"),
    "a PDF as the result": refused("messages[2].parts[0].tool_result.parts[0].media"),
    "arguments as they were written": sent(
        model=MODEL,
        messages=[
            ASKED,
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "weather",
                            "arguments": '{"until": 123456789012345678901234567890,\n "city" : "K\\u00f6ln", "a": 0.5}',
                        },
                    },
                ],
            },
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "arguments that are none": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Time?"},
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "what-time_1", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "Noon."},
        ],
        tools=[TIME],
    ),
    "arguments that are not JSON": sent(
        model=MODEL,
        messages=[
            ASKED,
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Kö'}},
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "The arguments are not JSON."},
        ],
        tools=[WEATHER],
    ),
    "arguments that are no object": sent(
        model=MODEL,
        messages=[
            ASKED,
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '["Köln"]'}},
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "The arguments are no object."},
        ],
        tools=[WEATHER],
    ),
    "call and result hinted for the cache": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ),
    "a call with Chat's state": sent(
        model=MODEL,
        messages=[
            ASKED,
            {
                "role": "assistant",
                "tool_calls": [SIGNED],
            },
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "a call with Responses' state": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ).dropping(STATE),
    "a call with Anthropic's state": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ).dropping(STATE),
}
