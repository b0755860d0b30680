"""Conversations in which tools were called."""

from cohere import types as co

from rendering.cohere_chat.sdk import MODEL, sent
from rendering.cohere_chat.tools import TIME, WEATHER
from rendering.expectation import Expectation, refused


def call(call_id: str, name: str, arguments: str) -> co.ToolCallV2:
    """Make a call of a tool."""
    return co.ToolCallV2(id=call_id, function=co.ToolCallV2Function(name=name, arguments=arguments))


ASKED = co.UserChatMessageV2(content="Weather?")
FIRST = co.UserChatMessageV2(content="How is the weather?")
BOTH = co.UserChatMessageV2(content="Weather and time?")
CALL = call("call_1", "weather", '{"city": "Köln"}')
OTHER = call("call_2", "what-time_1", "{}")
CALLED = co.AssistantChatMessageV2(tool_calls=[CALL])
SUNNY = co.ToolChatMessageV2(tool_call_id="call_1", content="Sunny.")
NOON = co.ToolChatMessageV2(tool_call_id="call_2", content="Noon.")

STATE = "messages[].parts[].provider_state"

TOOL_HISTORY: dict[str, Expectation] = {
    "a call and its result": sent(
        model=MODEL,
        messages=[co.UserChatMessageV2(content="How is the weather in Köln?"), CALLED, SUNNY],
        tools=[WEATHER],
    ),
    "a call whose tools are gone": sent(
        model=MODEL,
        messages=[co.UserChatMessageV2(content="Hi"), CALLED, SUNNY],
    ),
    "text before a call": sent(
        model=MODEL,
        messages=[
            FIRST,
            co.AssistantChatMessageV2(
                content=[
                    co.TextAssistantMessageV2ContentOneItem(text="Let me"),
                    co.TextAssistantMessageV2ContentOneItem(text=" see."),
                ],
                tool_calls=[CALL],
            ),
            SUNNY,
            co.AssistantChatMessageV2(content="It is sunny."),
            co.UserChatMessageV2(content="Thanks."),
        ],
        tools=[WEATHER],
    ),
    "text after a call": sent(
        model=MODEL,
        messages=[FIRST, co.AssistantChatMessageV2(content="I asked.", tool_calls=[CALL]), SUNNY],
        tools=[WEATHER],
    ),
    "empty text before a call": sent(model=MODEL, messages=[FIRST, CALLED, SUNNY], tools=[WEATHER]),
    "parallel calls": sent(
        model=MODEL,
        messages=[
            co.SystemChatMessageV2(content="Be brief."),
            BOTH,
            co.AssistantChatMessageV2(content="Let me see.", tool_calls=[CALL, OTHER]),
            SUNNY,
            NOON,
        ],
        tools=[WEATHER, TIME],
    ),
    "results in messages of their own": sent(
        model=MODEL,
        messages=[BOTH, co.AssistantChatMessageV2(tool_calls=[CALL, OTHER]), NOON, SUNNY],
        tools=[WEATHER, TIME],
    ),
    "a question right after the result": sent(
        model=MODEL,
        messages=[ASKED, CALLED, SUNNY, co.UserChatMessageV2(content="In Fahrenheit, please.")],
        tools=[WEATHER],
    ),
    "a question between call and result": sent(
        model=MODEL,
        messages=[ASKED, CALLED, co.UserChatMessageV2(content="Are you there?"), SUNNY],
        tools=[WEATHER],
    ),
    "results of several texts, of none and of nothing": sent(
        model=MODEL,
        messages=[
            ASKED,
            co.AssistantChatMessageV2(tool_calls=[CALL, OTHER, call("call_3", "what-time_1", "{}")]),
            co.ToolChatMessageV2(
                tool_call_id="call_1",
                content=[co.TextToolContent(text="Sunny."), co.TextToolContent(text="25 degrees.")],
            ),
            co.ToolChatMessageV2(tool_call_id="call_2", content=""),
            co.ToolChatMessageV2(tool_call_id="call_3", content=""),
        ],
        tools=[WEATHER, TIME],
    ),
    "a tool that failed": sent(
        model=MODEL,
        messages=[ASKED, CALLED, co.ToolChatMessageV2(tool_call_id="call_1", content="No such city.")],
        tools=[WEATHER],
    ).dropping("messages[].parts[].tool_result.is_error"),
    "an image as the result": refused("messages[2].parts[0].tool_result.parts[1].media"),
    "an image by address as the result": refused("messages[2].parts[0].tool_result.parts[0].media"),
    "a PDF as the result": refused("messages[2].parts[0].tool_result.parts[0].media"),
    "arguments as they were written": sent(
        model=MODEL,
        messages=[
            ASKED,
            co.AssistantChatMessageV2(
                tool_calls=[
                    call(
                        "call_1",
                        "weather",
                        '{"until": 123456789012345678901234567890,\n "city" : "K\\u00f6ln", "a": 0.5}',
                    ),
                ],
            ),
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "arguments that are none": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Time?"),
            co.AssistantChatMessageV2(tool_calls=[call("call_1", "what-time_1", "{}")]),
            co.ToolChatMessageV2(tool_call_id="call_1", content="Noon."),
        ],
        tools=[TIME],
    ),
    "arguments that are not JSON": sent(
        model=MODEL,
        messages=[
            ASKED,
            co.AssistantChatMessageV2(tool_calls=[call("call_1", "weather", '{"city": "Kö')]),
            co.ToolChatMessageV2(tool_call_id="call_1", content="The arguments are not JSON."),
        ],
        tools=[WEATHER],
    ),
    "arguments that are no object": sent(
        model=MODEL,
        messages=[
            ASKED,
            co.AssistantChatMessageV2(tool_calls=[call("call_1", "weather", '["Köln"]')]),
            co.ToolChatMessageV2(tool_call_id="call_1", content="The arguments are no object."),
        ],
        tools=[WEATHER],
    ),
    "call and result hinted for the cache": sent(model=MODEL, messages=[ASKED, CALLED, SUNNY], tools=[WEATHER]),
    "a call with Chat's state": sent(
        model=MODEL,
        messages=[ASKED, CALLED, SUNNY],
        tools=[WEATHER],
    ).dropping(STATE),
    "a call with Responses' state": sent(
        model=MODEL,
        messages=[ASKED, CALLED, SUNNY],
        tools=[WEATHER],
    ).dropping(STATE),
    "a call with Anthropic's state": sent(
        model=MODEL,
        messages=[ASKED, CALLED, SUNNY],
        tools=[WEATHER],
    ).dropping(STATE),
}
