"""What a request to Responses says besides the conversation."""

import json
from typing import Any

import pytest

from llmrpc_server.plan import Target
from llmrpc_server.providers.openai_responses import OpenAIResponses
from llmrpc_server.requests.features import Feature
from providers.openai_responses_requests import asked, dropped, text

SCHEMA = '{"type":"object","required":["b","a"],"maximum":12345678901234567890.0}'
STRICT = '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'

LOOK = {"function": {"name": "look"}}
TURN = {"function": {"name": "turn", "description": "Turns.", "parametersJsonSchema": SCHEMA, "strict": True}}
SEARCH = {"providerTool": {"kind": "openai_responses", "type": "web_search", "optionsJson": '{"n":1}'}}

HIDDEN = "reasoning.encrypted_content"


def extra(**fields: Any) -> dict[str, Any]:
    """Render a request; return what its fields add to the body."""
    least = json.loads(text(asked()))
    return {name: value for name, value in json.loads(text(asked(**fields))).items() if least.get(name) != value}


def test_the_least() -> None:
    """What is not asked for is not said; the vendor stores nothing, hence hidden reasoning must come along."""
    least = {
        "model": "model",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "include": [HIDDEN],
    }

    assert least == json.loads(text(asked(streaming=False)))
    assert {**least, "stream": True} == json.loads(text(asked()))
    assert least == json.loads(text(asked(), stream=False))


@pytest.mark.parametrize(
    ("model", "included"),
    [
        ("gpt-5.6", True),
        ("gpt-5", True),
        ("o4-mini", True),
        ("gpt-oss-20b", True),
        ("gpt-4o", False),
        ("gpt-4.1-nano", False),
        ("gpt-3.5-turbo", False),
        ("chatgpt-4o-latest", False),
        ("gpt-5-chat-latest", False),
    ],
)
def test_models_that_do_not_reason(model: str, included: bool) -> None:
    """They are not asked for hidden reasoning, which they refuse."""
    call = asked()
    call.target = Target(call.target.provider, model)

    assert included == ("include" in json.loads(text(call)))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 1.5}, {"temperature": 1.5}),
        ({"topP": 0.5}, {"top_p": 0.5}),
        ({"maxOutputTokens": 7}, {"max_output_tokens": 7}),
        ({"parallelToolCalls": False}, {"parallel_tool_calls": False}),
        ({"parallelToolCalls": True}, {"parallel_tool_calls": True}),
        ({"topLogprobs": 0}, {"top_logprobs": 0, "include": [HIDDEN, "message.output_text.logprobs"]}),
        ({"topLogprobs": 5}, {"top_logprobs": 5, "include": [HIDDEN, "message.output_text.logprobs"]}),
        ({"reasoningEffort": "REASONING_EFFORT_NONE"}, {"reasoning": {"effort": "none"}}),
        ({"reasoningEffort": "REASONING_EFFORT_MINIMAL"}, {"reasoning": {"effort": "minimal"}}),
        ({"reasoningEffort": "REASONING_EFFORT_LOW"}, {"reasoning": {"effort": "low"}}),
        ({"reasoningEffort": "REASONING_EFFORT_MEDIUM"}, {"reasoning": {"effort": "medium"}}),
        ({"reasoningEffort": "REASONING_EFFORT_HIGH"}, {"reasoning": {"effort": "high"}}),
        ({"reasoningEffort": "REASONING_EFFORT_XHIGH"}, {"reasoning": {"effort": "xhigh"}}),
        ({"reasoningEffort": "REASONING_EFFORT_MAX"}, {"reasoning": {"effort": "max"}}),
    ],
)
def test_config(config: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each field has its name in the API."""
    assert expected == extra(config=config)


def test_user() -> None:
    """The end user is passed on."""
    assert {"user": "u1"} == extra(user="u1")


def test_tools() -> None:
    """A function always has parameters and says whether it is strict; hosted tools come after, with their options."""
    assert {
        "tools": [
            {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False},
            {
                "type": "function",
                "name": "turn",
                "description": "Turns.",
                "parameters": json.loads(SCHEMA),
                "strict": True,
            },
            {"type": "web_search", "n": 1},
        ]
    } == extra(tools=[LOOK, SEARCH, TURN])


def test_schemas_as_they_are() -> None:
    """The order of a schema's keys and the digits of its numbers are the caller's."""
    output = {"jsonSchema": {"schemaJson": SCHEMA}}

    assert f'"parameters":{SCHEMA}' in text(asked(tools=[TURN]))
    assert f'"schema":{SCHEMA}' in text(asked(output=output))


@pytest.mark.parametrize(
    ("choice", "expected", "offered"),
    [
        ({}, None, ["look", "turn"]),
        ({"mode": "TOOL_CHOICE_MODE_AUTO"}, "auto", ["look", "turn"]),
        ({"mode": "TOOL_CHOICE_MODE_NONE"}, "none", ["look", "turn"]),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED"}, "required", ["look", "turn"]),
        (
            {"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["look"]},
            {"type": "function", "name": "look"},
            ["look", "turn"],
        ),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["turn", "look"]}, "required", ["look", "turn"]),
        ({"mode": "TOOL_CHOICE_MODE_AUTO", "toolNames": ["look"]}, "auto", ["look"]),
        ({"toolNames": ["turn"]}, None, ["turn"]),
    ],
)
def test_tool_choice(choice: dict[str, Any], expected: object, offered: list[str]) -> None:
    """One function that must be called is named; of several names, only theirs are offered."""
    added = extra(tools=[LOOK, TURN], toolChoice=choice)

    assert (expected, offered) == (added.get("tool_choice"), [tool["name"] for tool in added["tools"]])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"json": {}}, {"type": "json_object"}),
        (
            {"jsonSchema": {"schemaJson": STRICT}},
            {"type": "json_schema", "name": "output", "schema": json.loads(STRICT), "strict": True},
        ),
        (
            {"jsonSchema": {"name": "invoice", "schemaJson": SCHEMA}},
            {"type": "json_schema", "name": "invoice", "schema": json.loads(SCHEMA), "strict": False},
        ),
    ],
)
def test_output(output: dict[str, Any], expected: dict[str, Any]) -> None:
    """A schema is strict where the API's strict mode takes it."""
    assert {"text": {"format": expected}} == extra(output=output)


def test_what_the_vendor_does_not_have() -> None:
    """Harmless parameters are left out, with a Warning each."""
    config = {
        "topK": 1,
        "seed": 1,
        "frequencyPenalty": 1,
        "presencePenalty": 1,
        "reasoningBudgetTokens": 5,
    }
    call = asked(config=config)

    assert json.loads(text(asked())) == json.loads(text(call))
    assert [
        "config.frequency_penalty",
        "config.presence_penalty",
        "config.reasoning_budget_tokens",
        "config.seed",
        "config.top_k",
    ] == dropped(call)


def test_options_of_the_providers_own() -> None:
    """They join what the request says: lists go on, objects are merged."""
    options = '{"include":["file_search_call.results"],"reasoning":{"summary":"auto"},"store":true}'
    added = extra(
        config={"reasoningEffort": "REASONING_EFFORT_LOW"}, providerOptionsJson={"acme": options, "other": "{}"}
    )

    assert {
        "include": [HIDDEN, "file_search_call.results"],
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": True,
    } == added


def test_what_the_format_lacks() -> None:
    """Stop sequences and sound cannot be said."""
    lacking = {Feature.STOP_SEQUENCES, Feature.AUDIO, Feature.AUDIO_URIS, Feature.AUDIO_FILES, Feature.VIDEO}

    assert not lacking & OpenAIResponses.features
