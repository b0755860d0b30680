"""Tools that a model may call, and how freely."""

from llmrpc.v1.completion_pb2 import GenerationConfig
from llmrpc.v1.message_pb2 import (
    TOOL_CHOICE_MODE_AUTO,
    TOOL_CHOICE_MODE_NONE,
    TOOL_CHOICE_MODE_REQUIRED,
    ProviderTool,
    Tool,
    ToolChoice,
)
from rendering.saying import asked, function, user

# The order of its keys is no alphabet's, and a number in it is larger than 64 bits.
WEATHER = function(
    "weather",
    "Tells the weather.",
    """{"type": "object", "required": ["until", "city"], "properties": {
        "until": {"maximum": 123456789012345678901234567890, "type": "integer", "exclusiveMinimum": 0.5},
        "city": {"type": "string", "enum": ["Köln", "Aachen"]}}}""",
)
TIME = function("what-time_1")
BOOK = function("book", schema='{"type":"object","properties":{},"additionalProperties":false}', strict=True)
PAIR = [TIME, BOOK]

ONE_AT_A_TIME = GenerationConfig(parallel_tool_calls=False)
SEVERAL_AT_A_TIME = GenerationConfig(parallel_tool_calls=True)


def hosted(kind: str, name: str, options: str = "") -> Tool:
    """Make a tool that the provider runs."""
    return Tool(provider_tool=ProviderTool(kind=kind, type=name, options_json=options))


TOOLS = {
    "a tool with everything but strictness": asked(user("Hi"), tools=[WEATHER]),
    "a tool with a name alone": asked(user("Hi"), tools=[TIME]),
    "a strict tool": asked(user("Hi"), tools=[BOOK]),
    "several tools": asked(user("Hi"), tools=[BOOK, WEATHER, TIME]),
    "Chat's own tool": asked(
        user("Hi"),
        tools=[hosted("openai", "custom", '{"custom": {"name": "shell", "format": {"type": "text"}}}'), TIME],
    ),
    "Responses' own tools": asked(
        user("Hi"),
        tools=[
            hosted("openai_responses", "web_search", '{"search_context_size": "low"}'),
            hosted("openai_responses", "code_interpreter", '{"container": {"type": "auto"}}'),
        ],
    ),
    "Anthropic's own tools": asked(
        user("Hi"),
        tools=[
            hosted("anthropic", "web_search_20250305", '{"name": "web_search", "max_uses": 3}'),
            hosted("anthropic", "bash_20250124", '{"name": "bash"}'),
            TIME,
        ],
    ),
    "Cohere's own tool": asked(user("Hi"), tools=[hosted("cohere", "web-search")]),
    "choice: automatic": asked(user("Hi"), tools=PAIR, tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_AUTO)),
    "choice: none": asked(user("Hi"), tools=PAIR, tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_NONE)),
    "choice: required": asked(user("Hi"), tools=PAIR, tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED)),
    "choice: required, one name": asked(
        user("Hi"),
        tools=PAIR,
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED, tool_names=["book"]),
    ),
    "choice: required, several names": asked(
        user("Hi"),
        tools=[WEATHER, *PAIR],
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED, tool_names=["book", "what-time_1"]),
    ),
    "choice: automatic, one name": asked(
        user("Hi"),
        tools=PAIR,
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_AUTO, tool_names=["what-time_1"]),
    ),
    "choice: none, one name": asked(
        user("Hi"),
        tools=PAIR,
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_NONE, tool_names=["what-time_1"]),
    ),
    "choice: one name, no word": asked(user("Hi"), tools=PAIR, tool_choice=ToolChoice(tool_names=["what-time_1"])),
    "one call at a time": asked(user("Hi"), tools=[TIME], config=ONE_AT_A_TIME),
    "several calls at a time": asked(user("Hi"), tools=[TIME], config=SEVERAL_AT_A_TIME),
    "one call at a time, required": asked(
        user("Hi"),
        tools=[TIME],
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED),
        config=ONE_AT_A_TIME,
    ),
    "one call at a time, one name": asked(
        user("Hi"),
        tools=PAIR,
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED, tool_names=["book"]),
        config=ONE_AT_A_TIME,
    ),
    "several calls at a time, required": asked(
        user("Hi"),
        tools=[TIME],
        tool_choice=ToolChoice(mode=TOOL_CHOICE_MODE_REQUIRED),
        config=SEVERAL_AT_A_TIME,
    ),
}
