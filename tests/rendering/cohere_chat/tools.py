"""Tools that a model may call, and how freely."""

from cohere import types as co

from rendering.cohere_chat.sdk import MODEL, sent
from rendering.expectation import Expectation, refused

HI = co.UserChatMessageV2(content="Hi")

WEATHER = co.ToolV2(
    function=co.ToolV2Function(
        name="weather",
        description="Tells the weather.",
        parameters={
            "type": "object",
            "required": ["until", "city"],
            "properties": {
                "until": {"maximum": 123456789012345678901234567890, "type": "integer", "exclusiveMinimum": 0.5},
                "city": {"type": "string", "enum": ["Köln", "Aachen"]},
            },
        },
    ),
)
# Parameters are required.
TIME = co.ToolV2(function=co.ToolV2Function(name="what-time_1", parameters={"type": "object", "properties": {}}))
BOOK = co.ToolV2(
    function=co.ToolV2Function(
        name="book",
        parameters={"type": "object", "properties": {}, "additionalProperties": False},
    ),
)

TOOLS: dict[str, Expectation] = {
    "a tool with everything but strictness": sent(model=MODEL, messages=[HI], tools=[WEATHER]),
    "a tool with a name alone": sent(model=MODEL, messages=[HI], tools=[TIME]),
    "a strict tool": sent(model=MODEL, messages=[HI], tools=[BOOK], strict_tools=True),
    "several tools": sent(model=MODEL, messages=[HI], tools=[BOOK, WEATHER, TIME], strict_tools=True),
    "Chat's own tool": refused("tools[0].provider_tool"),
    "Responses' own tools": refused("tools[0].provider_tool"),
    "Anthropic's own tools": refused("tools[0].provider_tool"),
    "Cohere's own tool": refused("tools[0].provider_tool"),
    "choice: automatic": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], strict_tools=True),
    "choice: none": sent(model=MODEL, messages=[HI], tools=[TIME, BOOK], strict_tools=True, tool_choice="NONE"),
    "choice: required": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME, BOOK],
        strict_tools=True,
        tool_choice="REQUIRED",
    ),
    # There is no word for one tool among others: the others stay away.
    "choice: required, one name": sent(
        model=MODEL,
        messages=[HI],
        tools=[BOOK],
        strict_tools=True,
        tool_choice="REQUIRED",
    ),
    "choice: required, several names": sent(
        model=MODEL,
        messages=[HI],
        tools=[TIME, BOOK],
        strict_tools=True,
        tool_choice="REQUIRED",
    ),
    "choice: automatic, one name": sent(model=MODEL, messages=[HI], tools=[TIME]),
    "choice: none, one name": sent(model=MODEL, messages=[HI], tools=[TIME], tool_choice="NONE"),
    "choice: one name, no word": sent(model=MODEL, messages=[HI], tools=[TIME]),
    "one call at a time": refused("config.parallel_tool_calls"),
    "several calls at a time": refused("config.parallel_tool_calls"),
    "one call at a time, required": refused("config.parallel_tool_calls"),
    "one call at a time, one name": refused("config.parallel_tool_calls"),
    "several calls at a time, required": refused("config.parallel_tool_calls"),
}
