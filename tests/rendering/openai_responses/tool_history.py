"""Conversations in which tools were called."""

from typing import Final

from openai.types.responses import EasyInputMessageParam, ResponseFunctionToolCallParam
from openai.types.responses.response_input_item_param import FunctionCallOutput

from rendering.expectation import Expectation
from rendering.openai_responses.media import PDF, PNG
from rendering.openai_responses.sdk import sent
from rendering.openai_responses.tools import TIME, WEATHER

ASKED: Final[EasyInputMessageParam] = {"role": "user", "content": "Weather?"}
CALL: Final[ResponseFunctionToolCallParam] = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city": "Köln"}',
}
OTHER: Final[ResponseFunctionToolCallParam] = {
    "type": "function_call",
    "call_id": "call_2",
    "name": "what-time_1",
    "arguments": "{}",
}
SUNNY: Final[FunctionCallOutput] = {"type": "function_call_output", "call_id": "call_1", "output": "Sunny."}
NOON: Final[FunctionCallOutput] = {"type": "function_call_output", "call_id": "call_2", "output": "Noon."}

STATE = "messages[].parts[].provider_state"

TOOL_HISTORY: dict[str, Expectation] = {
    "a call and its result": sent(
        input=[{"role": "user", "content": "How is the weather in Köln?"}, CALL, SUNNY],
        tools=[WEATHER],
    ),
    "a call whose tools are gone": sent(input=[{"role": "user", "content": "Hi"}, CALL, SUNNY]),
    "text before a call": sent(
        input=[
            {"role": "user", "content": "How is the weather?"},
            {"role": "assistant", "content": "Let me"},
            {"role": "assistant", "content": " see."},
            CALL,
            SUNNY,
            {"role": "assistant", "content": "It is sunny."},
            {"role": "user", "content": "Thanks."},
        ],
        tools=[WEATHER],
    ),
    "text after a call": sent(
        input=[
            {"role": "user", "content": "How is the weather?"},
            CALL,
            {"role": "assistant", "content": "I asked."},
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "empty text before a call": sent(
        input=[{"role": "user", "content": "How is the weather?"}, CALL, SUNNY],
        tools=[WEATHER],
    ),
    "parallel calls": sent(
        input=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather and time?"},
            {"role": "assistant", "content": "Let me see."},
            CALL,
            OTHER,
            SUNNY,
            NOON,
        ],
        tools=[WEATHER, TIME],
    ),
    "results in messages of their own": sent(
        input=[{"role": "user", "content": "Weather and time?"}, CALL, OTHER, NOON, SUNNY],
        tools=[WEATHER, TIME],
    ),
    "a question right after the result": sent(
        input=[ASKED, CALL, SUNNY, {"role": "user", "content": "In Fahrenheit, please."}],
        tools=[WEATHER],
    ),
    "a question between call and result": sent(
        input=[ASKED, CALL, {"role": "user", "content": "Are you there?"}, SUNNY],
        tools=[WEATHER],
    ),
    "results of several texts, of none and of nothing": sent(
        input=[
            ASKED,
            CALL,
            OTHER,
            {"type": "function_call", "call_id": "call_3", "name": "what-time_1", "arguments": "{}"},
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": [{"type": "input_text", "text": "Sunny."}, {"type": "input_text", "text": "25 degrees."}],
            },
            {"type": "function_call_output", "call_id": "call_2", "output": ""},
            {"type": "function_call_output", "call_id": "call_3", "output": ""},
        ],
        tools=[WEATHER, TIME],
    ),
    "a tool that failed": sent(
        input=[ASKED, CALL, {"type": "function_call_output", "call_id": "call_1", "output": "No such city."}],
        tools=[WEATHER],
    ).dropping("messages[].parts[].tool_result.is_error"),
    "an image as the result": sent(
        input=[
            ASKED,
            CALL,
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": [
                    {"type": "input_text", "text": "A map:"},
                    {"type": "input_image", "image_url": PNG, "detail": "auto"},
                ],
            },
        ],
        tools=[WEATHER],
    ),
    "an image by address as the result": sent(
        input=[
            ASKED,
            CALL,
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": [{"type": "input_image", "image_url": "https://example.com/map.png", "detail": "auto"}],
            },
        ],
        tools=[WEATHER],
    ),
    "a PDF as the result": sent(
        input=[
            ASKED,
            CALL,
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": [{"type": "input_file", "filename": "map.pdf", "file_data": PDF}],
            },
        ],
        tools=[WEATHER],
    ),
    "arguments as they were written": sent(
        input=[
            ASKED,
            {
                "type": "function_call",
                "call_id": "call_1",
                "name": "weather",
                "arguments": '{"until": 123456789012345678901234567890,\n "city" : "K\\u00f6ln", "a": 0.5}',
            },
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "arguments that are none": sent(
        input=[
            {"role": "user", "content": "Time?"},
            {"type": "function_call", "call_id": "call_1", "name": "what-time_1", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "Noon."},
        ],
        tools=[TIME],
    ),
    "arguments that are not JSON": sent(
        input=[
            ASKED,
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Kö'},
            {"type": "function_call_output", "call_id": "call_1", "output": "The arguments are not JSON."},
        ],
        tools=[WEATHER],
    ),
    "arguments that are no object": sent(
        input=[
            ASKED,
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '["Köln"]'},
            {"type": "function_call_output", "call_id": "call_1", "output": "The arguments are no object."},
        ],
        tools=[WEATHER],
    ),
    "call and result hinted for the cache": sent(input=[ASKED, CALL, SUNNY], tools=[WEATHER]),
    "a call with Chat's state": sent(input=[ASKED, CALL, SUNNY], tools=[WEATHER]).dropping(STATE),
    "a call with Responses' state": sent(
        input=[
            ASKED,
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "weather",
                "arguments": '{"city": "Köln"}',
                "status": "completed",
            },
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "a call with Anthropic's state": sent(input=[ASKED, CALL, SUNNY], tools=[WEATHER]).dropping(STATE),
}
