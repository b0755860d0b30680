"""The body of a request to Anthropic, around its messages."""

import json
from typing import Any

import pytest

from llmrpc_server.providers.anthropic_messages.schema import closed
from providers.anthropic_requests import asked, body, dropped, provider, text, warned

LOOK: dict[str, Any] = {"function": {"name": "look"}}
HEAR: dict[str, Any] = {"function": {"name": "hear"}}
SEARCH = {"providerTool": {"kind": "anthropic", "type": "web_search_20250305", "optionsJson": '{"name": "web_search"}'}}


def rendered(*names: str, **fields: Any) -> dict[str, Any]:
    """Render a request and return these fields of its body, those that are there."""
    whole = body(asked(**fields))
    return {name: whole[name] for name in names if name in whole}


def chosen(choice: dict[str, Any], **fields: Any) -> tuple[Any, list[str]]:
    """Render a tool choice; return it with the names of the tools."""
    whole = body(asked(tools=[LOOK, HEAR], toolChoice=choice, **fields))
    return whole.get("tool_choice"), [tool["name"] for tool in whole["tools"]]


def test_the_least() -> None:
    """A plain request says what the vendor demands and no more."""
    content = [{"type": "text", "text": "Hi"}]

    assert {"model": "model", "max_tokens": 4096, "messages": [{"role": "user", "content": content}]} == body(asked())


@pytest.mark.parametrize(("streaming", "streams"), [(True, True), (True, False), (False, True)])
def test_streaming(*, streaming: bool, streams: bool) -> None:
    """A stream is asked for where the caller wants one and the vendor can."""
    assert (streaming and streams) == ('"stream":true' in text(asked(streaming=streaming), streams=streams))


def test_parameters() -> None:
    """Parameters go out under the vendor's names."""
    config = {"temperature": 0.5, "topP": 0.9, "topK": 5, "maxOutputTokens": 7, "stopSequences": ["\n"]}

    assert {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "max_tokens": 7,
        "stop_sequences": ["\n"],
        "metadata": {"user_id": "u-1"},
    } == rendered(
        "temperature", "top_p", "top_k", "max_tokens", "stop_sequences", "metadata", config=config, user="u-1"
    )


def test_what_is_dropped() -> None:
    """What the vendor does not have is left out, and the caller is told."""
    config = {"seed": 1, "frequencyPenalty": 1.0, "presencePenalty": 1.0}
    call = asked(config=config)

    assert body(asked()) == body(call)
    assert [dropped(f"config.{name}") for name in ("frequency_penalty", "presence_penalty", "seed")] == warned(call)


def test_a_high_temperature() -> None:
    """Temperatures above the vendor's highest are its highest, and the caller is told."""
    call = asked(config={"temperature": 1.5})

    assert 1.0 == body(call)["temperature"]
    assert ["acme/model has no config.temperature above 1: 1 was sent"] == warned(call)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"reasoningEffort": "REASONING_EFFORT_NONE"}, {"thinking": {"type": "disabled"}, "max_tokens": 4096}),
        (
            {"reasoningEffort": "REASONING_EFFORT_MINIMAL"},
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}, "max_tokens": 4096},
        ),
        (
            {"reasoningEffort": "REASONING_EFFORT_MAX"},
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}, "max_tokens": 4096},
        ),
        (
            {"reasoningBudgetTokens": 2000},
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 6096},
        ),
        (
            {"reasoningBudgetTokens": 2000, "maxOutputTokens": 9000, "reasoningEffort": "REASONING_EFFORT_HIGH"},
            {
                "thinking": {"type": "enabled", "budget_tokens": 2000},
                "output_config": {"effort": "high"},
                "max_tokens": 9000,
            },
        ),
    ],
)
def test_reasoning(config: dict[str, Any], expected: dict[str, Any]) -> None:
    """An effort makes the model think as much as it needs; a budget bounds it, and leaves room for the answer."""
    assert expected == rendered("thinking", "output_config", "max_tokens", config=config)


def test_no_reasoning_needs_no_budget() -> None:
    """Where no reasoning is asked for, a budget for it is left out."""
    call = asked(config={"reasoningEffort": "REASONING_EFFORT_NONE", "reasoningBudgetTokens": 2000})

    assert ({"type": "disabled"}, 4096) == (body(call)["thinking"], body(call)["max_tokens"])
    assert [dropped("config.reasoning_budget_tokens")] == warned(call)


def test_tools() -> None:
    """Functions come with their schema to the letter, then the vendor's own tools."""
    schema = '{"type": "object", "properties": {"n": {"maximum": 1.10}}}'
    look = {"function": {"name": "look", "description": "Look.", "parametersJsonSchema": schema, "strict": True}}
    call = asked(tools=[SEARCH, look, HEAR])

    assert [
        {"name": "look", "description": "Look.", "input_schema": json.loads(schema), "strict": True},
        {"name": "hear", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
    ] == body(call)["tools"]
    assert schema in text(call)


@pytest.mark.parametrize(
    ("mode", "names", "expected", "offered"),
    [
        ("UNSPECIFIED", [], None, ["look", "hear"]),
        ("UNSPECIFIED", ["hear"], None, ["hear"]),
        ("AUTO", [], {"type": "auto"}, ["look", "hear"]),
        ("AUTO", ["hear"], {"type": "auto"}, ["hear"]),
        ("NONE", [], {"type": "none"}, ["look", "hear"]),
        ("REQUIRED", [], {"type": "any"}, ["look", "hear"]),
        ("REQUIRED", ["hear"], {"type": "tool", "name": "hear"}, ["look", "hear"]),
        ("REQUIRED", ["look", "hear"], {"type": "any"}, ["look", "hear"]),
    ],
)
def test_tool_choice(mode: str, names: list[str], expected: Any, offered: list[str]) -> None:
    """One function that must be called is named; any other choice of some leaves the others out."""
    assert (expected, offered) == chosen({"mode": f"TOOL_CHOICE_MODE_{mode}", "toolNames": names})


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("UNSPECIFIED", {"type": "auto", "disable_parallel_tool_use": True}),
        ("REQUIRED", {"type": "any", "disable_parallel_tool_use": True}),
        ("NONE", {"type": "none"}),
    ],
)
def test_one_call_at_most(mode: str, expected: Any) -> None:
    """One call at a time is a part of the choice; that several may come is the default."""
    choice = {"mode": f"TOOL_CHOICE_MODE_{mode}"}

    assert expected == chosen(choice, config={"parallelToolCalls": False})[0]
    assert chosen(choice) == chosen(choice, config={"parallelToolCalls": True})
    assert "tool_choice" not in body(asked(config={"parallelToolCalls": False}))


def test_a_schema_for_the_answer() -> None:
    """The schema that the answer must have goes out beside the effort, its objects closed."""
    fields: dict[str, Any] = {
        "output": {"jsonSchema": {"schemaJson": '{"type": "object", "properties": {}}'}},
        "config": {"reasoningEffort": "REASONING_EFFORT_LOW"},
    }
    schema = {"type": "object", "properties": {}, "additionalProperties": False}

    assert {"format": {"type": "json_schema", "schema": schema}, "effort": "low"} == body(asked(**fields))[
        "output_config"
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": "object"}, {"type": "object", "additionalProperties": False}),
        ({"type": ["object", "null"]}, {"type": ["object", "null"], "additionalProperties": False}),
        ({"properties": {}}, {"properties": {}, "additionalProperties": False}),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": True}),
        (
            {"anyOf": [{"type": "object"}, {"items": {"type": "object"}}], "$defs": {"a": {"type": "object"}}},
            {
                "anyOf": [
                    {"type": "object", "additionalProperties": False},
                    {"items": {"type": "object", "additionalProperties": False}},
                ],
                "$defs": {"a": {"type": "object", "additionalProperties": False}},
            },
        ),
        (
            {"type": "object", "properties": {"properties": {"enum": [{"type": "object"}]}}},
            {
                "type": "object",
                "properties": {"properties": {"enum": [{"type": "object"}]}},
                "additionalProperties": False,
            },
        ),
        ({"anyOf": [True, 7], "items": []}, {"anyOf": [True, 7], "items": []}),
        (True, True),
    ],
)
def test_closed_schemas(schema: Any, expected: Any) -> None:
    """Objects that do not say whether they are closed are; what is no schema, or says it, stays as it is."""
    assert expected == closed(json.dumps(schema))


def test_a_schema_that_cannot_be_read() -> None:
    """A schema beyond what can be read goes out as it came: the vendor may know what to do with it."""
    schema = '{"maximum": 1e999}'

    assert schema in text(asked(output={"jsonSchema": {"schemaJson": schema}}))


def test_the_providers_own_options() -> None:
    """A request's own options for the provider are merged in."""
    options = json.dumps({"thinking": {"display": "summarized"}, "service_tier": "auto"})
    config = {"reasoningBudgetTokens": 1024}

    assert {
        "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "summarized"},
        "service_tier": "auto",
    } == (rendered("thinking", "service_tier", config=config, providerOptionsJson={"acme": options}))


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({"mimeType": "image/png", "fileId": "file_1"}, {"anthropic-beta": "files-api-2025-04-14"}),
        ({"fileId": "file_1"}, {"anthropic-beta": "files-api-2025-04-14"}),
        ({"uri": "https://example.com/a.png"}, {}),
    ],
)
def test_headers(media: dict[str, Any], expected: dict[str, str]) -> None:
    """Files by id are in beta, which a header asks for."""
    call = asked(messages=[{"role": "ROLE_USER", "parts": [{"media": media}]}])

    assert expected == provider().headers(call)
