"""Parameters and tools of a request to Chat Completions, and a vendor's differences in them."""

from typing import Any

import pytest

from providers.openai_chat_requests import FIND, LOOK, SAID, Fields, asked, body, dropped, provider

LEAST: Fields = {"model": "model", "messages": [{"role": "user", "content": "Hi"}]}
CLOSED = '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'


def test_the_least() -> None:
    """What is not asked for is not sent."""
    call = asked()

    assert (LEAST, []) == (body(call), dropped(call))


@pytest.mark.parametrize(
    ("row", "streaming", "expected"),
    [
        ({}, True, {"stream": True, "stream_options": {"include_usage": True}}),
        ({"stream_usage": False}, True, {"stream": True}),
        ({"stream": False}, True, {}),
        ({}, False, {}),
    ],
)
def test_streaming(row: Fields, expected: Fields, *, streaming: bool) -> None:
    """A stream is asked for with its counts, unless the vendor counts by itself or cannot stream."""
    assert {**LEAST, **expected} == body(asked(streaming=streaming), **row)


@pytest.mark.parametrize(
    ("config", "row", "expected", "left_out"),
    [
        ({"maxOutputTokens": 9}, {}, {"max_completion_tokens": 9}, []),
        ({"maxOutputTokens": 9}, {"max_tokens_field": "max_tokens"}, {"max_tokens": 9}, []),
        ({"seed": 7}, {}, {"seed": 7}, []),
        ({"seed": 0}, {"seed_field": "random_seed"}, {"random_seed": 0}, []),
        ({"seed": 7}, {"unsupported": ["seed"]}, {}, ["config.seed"]),
        ({"topK": 3}, {}, {}, ["config.top_k"]),
        ({"topK": 3}, {"top_k": True}, {"top_k": 3}, []),
        ({"temperature": 0, "topP": 0.5}, {}, {"temperature": 0, "top_p": 0.5}, []),
        (
            {"frequencyPenalty": 1, "presencePenalty": -2},
            {"unsupported": ["frequency_penalty"]},
            {"presence_penalty": -2},
            ["config.frequency_penalty"],
        ),
        ({"stopSequences": ["a", "b"]}, {}, {"stop": ["a", "b"]}, []),
        ({"parallelToolCalls": False}, {}, {"parallel_tool_calls": False}, []),
        ({"topLogprobs": 0}, {}, {"logprobs": True}, []),
        ({"topLogprobs": 5}, {}, {"logprobs": True, "top_logprobs": 5}, []),
        ({"reasoningBudgetTokens": 99}, {}, {}, ["config.reasoning_budget_tokens"]),
        ({"reasoningEffort": "REASONING_EFFORT_MINIMAL"}, {}, {"reasoning_effort": "minimal"}, []),
        ({"reasoningEffort": "REASONING_EFFORT_MAX"}, {}, {"reasoning_effort": "max"}, []),
        (
            {"reasoningEffort": "REASONING_EFFORT_LOW"},
            {"effort_field": "thinking"},
            {"thinking": {"type": "enabled"}},
            [],
        ),
        (
            {"reasoningEffort": "REASONING_EFFORT_NONE"},
            {"effort_field": "thinking"},
            {"thinking": {"type": "disabled"}},
            [],
        ),
        (
            {"reasoningEffort": "REASONING_EFFORT_NONE"},
            {"effort_field": "enable_thinking"},
            {"enable_thinking": False},
            [],
        ),
        ({"reasoningEffort": "REASONING_EFFORT_LOW"}, {"effort_field": None}, {}, ["config.reasoning_effort"]),
    ],
)
def test_parameters(config: Fields, row: Fields, expected: Fields, left_out: list[str]) -> None:
    """Each parameter goes by the vendor's name for it; a harmless one that it lacks is left out with a Warning."""
    call = asked(config=config)

    assert {**LEAST, **expected} == body(call, **row)
    assert left_out == dropped(call)


def test_the_user() -> None:
    """The end user is told where the vendor has a field for it."""
    assert {**LEAST, "user": "u"} == body(asked(user="u"))
    assert LEAST == body(asked(user="u"), unsupported=["user"])


@pytest.mark.parametrize(
    ("choice", "names", "expected"),
    [
        ({}, ["look", "find"], None),
        ({"mode": "TOOL_CHOICE_MODE_AUTO"}, ["look", "find"], "auto"),
        ({"mode": "TOOL_CHOICE_MODE_NONE"}, ["look", "find"], "none"),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED"}, ["look", "find"], "required"),
        (
            {"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["find"]},
            ["look", "find"],
            {"type": "function", "function": {"name": "find"}},
        ),
        ({"mode": "TOOL_CHOICE_MODE_AUTO", "toolNames": ["find"]}, ["find"], "auto"),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["look", "find"]}, ["look", "find"], "required"),
    ],
)
def test_tool_choice(choice: Fields, names: list[str], expected: Any) -> None:
    """One function that must be called is named; else those that may not be called are not offered."""
    rendered = body(asked(tools=[LOOK, FIND], toolChoice=choice))

    assert (names, expected) == ([tool["function"]["name"] for tool in rendered["tools"]], rendered.get("tool_choice"))


def test_tools() -> None:
    """A schema goes as it is written; tools that the vendor runs follow the functions."""
    schema = '{"type": "object", "b": 1.0, "a": 100000000000000000000}'
    tools = [
        {"providerTool": {"kind": "openai", "type": "browser_search", "optionsJson": '{"depth": 2}'}},
        {"function": {"name": "look", "description": "Looks", "parametersJsonSchema": schema, "strict": True}},
        LOOK,
    ]
    text = provider().body(asked(tools=tools)).decode()

    assert f'"parameters":{schema},"strict":true' in text
    assert [
        {"type": "function", "function": {"name": "look", "description": "Looks", "parameters": ..., "strict": True}},
        {"type": "function", "function": {"name": "look"}},
        {"type": "browser_search", "depth": 2},
    ] == [_without_schema(tool) for tool in body(asked(tools=tools))["tools"]]


def _without_schema(tool: Fields) -> Fields:
    function = tool.get("function", {})
    return {**tool, "function": {**function, "parameters": ...}} if "parameters" in function else tool


def test_a_vendor_without_strict_functions() -> None:
    """A function's arguments are then not held to its schema, and the caller is told."""
    call = asked(tools=[{"function": {"name": "look", "strict": True}}])

    assert [{"type": "function", "function": {"name": "look"}}] == body(call, unsupported=["strict"])["tools"]
    assert ["tools[].function.strict"] == dropped(call)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"json": {}}, {"type": "json_object"}),
        (
            {"jsonSchema": {"schemaJson": CLOSED}},
            {"type": "json_schema", "json_schema": {"name": "output", "schema": ..., "strict": True}},
        ),
        (
            {"jsonSchema": {"name": "invoice", "schemaJson": '{"type":"object"}'}},
            {"type": "json_schema", "json_schema": {"name": "invoice", "schema": ...}},
        ),
    ],
)
def test_response_formats(output: Fields, expected: Fields) -> None:
    """Strict mode is asked for where it would take the schema."""
    rendered = body(asked(output=output))["response_format"]
    if "json_schema" in rendered:
        rendered["json_schema"]["schema"] = ...

    assert expected == rendered


def test_options() -> None:
    """A request's own options for the vendor are merged in."""
    call = asked(messages=[SAID], providerOptionsJson={"acme": '{"service_tier": "flex"}', "other": '{"x": 1}'})

    assert {**LEAST, "service_tier": "flex"} == body(call)


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({}, {"n", "max_tokens", "max_completion_tokens", "reasoning_effort", "stream_options.include_usage"}),
        (
            {"seed_field": "random_seed", "effort_field": "thinking", "top_k": True},
            {"random_seed", "thinking", "top_k"},
        ),
    ],
)
def test_fields_that_options_may_not_set(row: Fields, fields: set[str]) -> None:
    """What the API sets, by whichever name, options may not set again; nor ask for several answers."""
    assert fields <= provider(**row).owned
