"""Conversations in which tools were called."""

from llmrpc.v1.message_pb2 import Media
from rendering.media import IMAGE, PDF
from rendering.saying import asked, assistant, call, part, result, state, system, tool, user
from rendering.tools import TIME, WEATHER

CALL = call("call_1", "weather", '{"city": "Köln"}')
OTHER = call("call_2", "what-time_1", "{}")

TOOL_HISTORY = {
    "a call and its result": asked(
        user("How is the weather in Köln?"),
        assistant(CALL),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "a call whose tools are gone": asked(user("Hi"), assistant(CALL), tool(result("call_1", "Sunny."))),
    "text before a call": asked(
        user("How is the weather?"),
        assistant("Let me", " see.", CALL),
        tool(result("call_1", "Sunny.")),
        assistant("It is sunny."),
        user("Thanks."),
        tools=[WEATHER],
    ),
    "text after a call": asked(
        user("How is the weather?"),
        assistant(CALL, "I asked."),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "empty text before a call": asked(
        user("How is the weather?"),
        assistant("", CALL),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "parallel calls": asked(
        system("Be brief."),
        user("Weather and time?"),
        assistant("Let me see.", CALL, OTHER),
        tool(result("call_1", "Sunny."), result("call_2", "Noon.")),
        tools=[WEATHER, TIME],
    ),
    "results in messages of their own": asked(
        user("Weather and time?"),
        assistant(CALL, OTHER),
        tool(result("call_2", "Noon.")),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER, TIME],
    ),
    "a question right after the result": asked(
        user("Weather?"),
        assistant(CALL),
        tool(result("call_1", "Sunny.")),
        user("In Fahrenheit, please."),
        tools=[WEATHER],
    ),
    "a question between call and result": asked(
        user("Weather?"),
        assistant(CALL),
        user("Are you there?"),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "results of several texts, of none and of nothing": asked(
        user("Weather?"),
        assistant(CALL, OTHER, call("call_3", "what-time_1", "{}")),
        tool(result("call_1", "Sunny.", "", "25 degrees."), result("call_2"), result("call_3", "")),
        tools=[WEATHER, TIME],
    ),
    "a tool that failed": asked(
        user("Weather?"),
        assistant(CALL),
        tool(result("call_1", "No such city.", is_error=True)),
        tools=[WEATHER],
    ),
    "an image as the result": asked(
        user("Weather?"),
        assistant(CALL),
        tool(result("call_1", "A map:", Media(mime_type="image/png", data=IMAGE))),
        tools=[WEATHER],
    ),
    "an image by address as the result": asked(
        user("Weather?"),
        assistant(CALL),
        tool(result("call_1", Media(uri="https://example.com/map.png"))),
        tools=[WEATHER],
    ),
    "a PDF as the result": asked(
        user("Weather?"),
        assistant(CALL),
        tool(result("call_1", Media(mime_type="application/pdf", data=PDF, filename="map.pdf"))),
        tools=[WEATHER],
    ),
    "arguments as they were written": asked(
        user("Weather?"),
        assistant(
            call("call_1", "weather", '{"until": 123456789012345678901234567890,\n "city" : "K\\u00f6ln", "a": 0.5}'),
        ),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "arguments that are none": asked(
        user("Time?"),
        assistant(call("call_1", "what-time_1", "")),
        tool(result("call_1", "Noon.")),
        tools=[TIME],
    ),
    "arguments that are not JSON": asked(
        user("Weather?"),
        assistant(call("call_1", "weather", '{"city": "Kö')),
        tool(result("call_1", "The arguments are not JSON.")),
        tools=[WEATHER],
    ),
    "arguments that are no object": asked(
        user("Weather?"),
        assistant(call("call_1", "weather", '["Köln"]')),
        tool(result("call_1", "The arguments are no object.")),
        tools=[WEATHER],
    ),
    "call and result hinted for the cache": asked(
        user("Weather?"),
        assistant(part(CALL, cache_breakpoint=True)),
        tool(part(result("call_1", "Sunny."), cache_breakpoint=True)),
        tools=[WEATHER],
    ),
    "a call with Chat's state": asked(
        user("Weather?"),
        assistant(
            part(CALL, provider_state=state("openai", {"extra_content": {"google": {"thought_signature": "sig"}}}))
        ),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "a call with Responses' state": asked(
        user("Weather?"),
        assistant(part(CALL, provider_state=state("openai_responses", {"id": "fc_1", "status": "completed"}))),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "a call with Anthropic's state": asked(
        user("Weather?"),
        assistant(part(CALL, provider_state=state("anthropic", {"caller": {"type": "direct"}}))),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
}
