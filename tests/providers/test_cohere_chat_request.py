"""What a request to Cohere says besides the conversation."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from llmrpc_server import errors
from llmrpc_server.providers.cohere_chat import CohereChat
from llmrpc_server.providers.settings import HttpSettings
from providers.cohere_requests import SAID, asked, body, text

SCHEMA = '{"type":"object","required":["b","a"],"maximum":12345678901234567890.0}'

LOOK = {"function": {"name": "look"}}
TURN = {"function": {"name": "turn", "description": "Turns.", "parametersJsonSchema": SCHEMA, "strict": True}}


def extra(**fields: Any) -> dict[str, Any]:
    """Render a request; return what its fields add to the body."""
    least = body(asked())
    return {name: value for name, value in body(asked(**fields)).items() if least.get(name) != value}


@pytest.mark.parametrize("streaming", [True, False])
def test_the_least(streaming: bool) -> None:
    """What is not asked for is not said."""
    assert {"model": "model", "messages": [{"role": "user", "content": "Hi"}], "stream": streaming} == body(
        asked(streaming=streaming)
    )


def test_a_vendor_that_cannot_stream() -> None:
    """It is not asked to."""
    settings = HttpSettings(base_url="http://127.0.0.1:9", stream=False)

    assert json.loads(CohereChat("acme", settings).body(asked()))["stream"] is False


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 1}, {"temperature": 1}),
        ({"topP": 0.5}, {"p": 0.5}),
        ({"topK": 500}, {"k": 500}),
        ({"seed": "9007199254740993"}, {"seed": 9007199254740993}),
        ({"frequencyPenalty": 0}, {"frequency_penalty": 0}),
        ({"presencePenalty": 1}, {"presence_penalty": 1}),
        ({"maxOutputTokens": 9}, {"max_tokens": 9}),
        ({"stopSequences": ["a", "b", "c", "d", "e"]}, {"stop_sequences": ["a", "b", "c", "d", "e"]}),
        ({"topLogprobs": 0}, {"logprobs": True}),
        ({"reasoningEffort": "REASONING_EFFORT_NONE"}, {"thinking": {"type": "disabled"}}),
        ({"reasoningEffort": "REASONING_EFFORT_MINIMAL"}, {"thinking": {"type": "enabled"}}),
        ({"reasoningEffort": "REASONING_EFFORT_MAX"}, {"thinking": {"type": "enabled"}}),
        ({"reasoningBudgetTokens": 9}, {"thinking": {"type": "enabled", "token_budget": 9}}),
        (
            {"reasoningEffort": "REASONING_EFFORT_LOW", "reasoningBudgetTokens": 9},
            {"thinking": {"type": "enabled", "token_budget": 9}},
        ),
    ],
)
def test_config(config: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each parameter has its name in this format; 0 is a value."""
    call = asked(config=config)

    assert expected == extra(config=config)
    text(call)
    assert [] == call.warnings


@pytest.mark.parametrize(
    ("config", "expected", "warning"),
    [
        ({"temperature": 1.5}, {"temperature": 1}, "config.temperature of 1.5: 1 was sent"),
        ({"topP": 1}, {"p": 0.99}, "config.top_p of 1: 0.99 was sent"),
        ({"topP": 0.001}, {"p": 0.01}, "config.top_p of 0.001: 0.01 was sent"),
        ({"topK": 501}, {"k": 500}, "config.top_k of 501: 500 was sent"),
        ({"seed": "-7"}, {"seed": 0}, "config.seed of -7: 0 was sent"),
        ({"frequencyPenalty": -1}, {"frequency_penalty": 0}, "config.frequency_penalty of -1: 0 was sent"),
        ({"presencePenalty": 2}, {"presence_penalty": 1}, "config.presence_penalty of 2: 1 was sent"),
    ],
)
def test_what_is_out_of_bounds(config: dict[str, Any], expected: dict[str, Any], warning: str) -> None:
    """A number beyond what Cohere takes becomes the nearest that it takes, with a Warning."""
    call = asked(config=config)

    assert expected == extra(config=config)
    text(call)
    assert [("PARAMETER_CHANGED", f"acme/model has no {warning}")] == [(one.reason, one.text) for one in call.warnings]


@pytest.mark.parametrize(
    ("frequency", "presence", "expected", "dropped"),
    [
        (0.5, 0.25, {"frequency_penalty": 0.5}, True),
        (0.5, 0, {"frequency_penalty": 0.5}, False),
        (0, 0.25, {"presence_penalty": 0.25}, False),
        (0, 0, {"presence_penalty": 0}, False),
    ],
)
def test_one_penalty_of_two(frequency: float, presence: float, expected: dict[str, Any], dropped: bool) -> None:
    """Cohere refuses both penalties together: that of presence is left out, with a Warning where it says something."""
    config = {"frequencyPenalty": frequency, "presencePenalty": presence}
    call = asked(config=config)

    assert expected == extra(config=config)
    text(call)
    where = "config.presence_penalty beside config.frequency_penalty"
    assert [f"acme/model has no {where}: it was left out"] * dropped == [warning.text for warning in call.warnings]


def test_a_budget_for_no_reasoning() -> None:
    """A budget is left out, with a Warning, where there is to be no reasoning."""
    config = {"reasoningEffort": "REASONING_EFFORT_NONE", "reasoningBudgetTokens": 9}
    call = asked(config=config)

    assert {"thinking": {"type": "disabled"}} == extra(config=config)
    text(call)
    assert ["acme/model has no config.reasoning_budget_tokens: it was left out"] == [one.text for one in call.warnings]


def test_too_many_stop_sequences() -> None:
    """More stop sequences than Cohere takes are refused: without one of them the answer would be another."""
    with pytest.raises(errors.ProviderUnsupported, match=r"^acme/model takes at most 5 config\.stop_sequences$"):
        text(asked(config={"stopSequences": list("abcdef")}))


def test_a_user_is_dropped() -> None:
    """The format has no place for the user and for names."""
    call = asked(user="u", messages=[{**SAID[0], "name": "Ada"}])
    text(call)

    assert [
        "acme/model has no messages[].name: it was left out",
        "acme/model has no user: it was left out",
    ] == [warning.text for warning in call.warnings]


def test_tools() -> None:
    """Tools have parameters, if only none; strictness is one for all."""
    assert {
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}},
            {
                "type": "function",
                "function": {"name": "turn", "description": "Turns.", "parameters": json.loads(SCHEMA)},
            },
        ],
        "strict_tools": True,
    } == extra(tools=[LOOK, TURN])
    assert "strict_tools" not in extra(tools=[LOOK])


@pytest.mark.parametrize(
    ("choice", "names", "word"),
    [
        ({"mode": "TOOL_CHOICE_MODE_AUTO"}, ["look", "turn"], None),
        ({"mode": "TOOL_CHOICE_MODE_NONE"}, ["look", "turn"], "NONE"),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED"}, ["look", "turn"], "REQUIRED"),
        ({"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["turn"]}, ["turn"], "REQUIRED"),
        ({"mode": "TOOL_CHOICE_MODE_AUTO", "toolNames": ["look"]}, ["look"], None),
        ({"toolNames": ["look"]}, ["look"], None),
    ],
)
def test_tool_choice(choice: dict[str, Any], names: list[str], word: str | None) -> None:
    """The model decides by default; a choice of some tools offers no others."""
    added = extra(tools=[LOOK, TURN], toolChoice=choice)

    assert names == [tool["function"]["name"] for tool in added["tools"]]
    assert word == added.get("tool_choice")


@pytest.mark.parametrize(("mode", "added"), [("NONE", {}), ("REQUIRED", {"tool_choice": "REQUIRED"})])
def test_a_choice_without_tools(mode: str, added: dict[str, Any]) -> None:
    """Where there are no tools, to call none needs no word; to call one is for Cohere to refuse."""
    assert added == extra(toolChoice={"mode": f"TOOL_CHOICE_MODE_{mode}"})


def test_output() -> None:
    """The shape of the answer is JSON, with the caller's schema as it is."""
    schema = {"jsonSchema": {"schemaJson": SCHEMA}}

    assert {"response_format": {"type": "json_object"}} == extra(output={"json": {}})
    assert {"response_format": {"type": "json_object", "json_schema": json.loads(SCHEMA)}} == extra(output=schema)
    assert SCHEMA in text(asked(output=schema))
    assert SCHEMA in text(asked(tools=[TURN]))


def test_options_of_the_providers_own() -> None:
    """What the API does not set can be set by the provider's own name; documents join those of the conversation."""
    options = {"safety_mode": "STRICT", "documents": ["Grey."]}
    note = {"media": {"mimeType": "text/plain", "data": "Qmx1ZS4="}}
    messages = [{"role": "ROLE_USER", "parts": [note]}]
    rendered = extra(messages=messages, providerOptionsJson={"acme": json.dumps(options)})

    assert "STRICT" == rendered["safety_mode"]
    assert [{"id": "doc:0", "data": {"text": "Blue."}}, "Grey."] == rendered["documents"]


def test_what_the_api_sets_is_owned() -> None:
    """Every field that a request's own fields can set is refused in the provider's options, but documents."""
    config = {
        "temperature": 1,
        "topP": 0.5,
        "topK": 5,
        "maxOutputTokens": 9,
        "stopSequences": ["a"],
        "seed": "1",
        "presencePenalty": 1,
        "topLogprobs": 0,
        "reasoningBudgetTokens": 9,
    }
    choice = {"mode": "TOOL_CHOICE_MODE_REQUIRED"}
    everything = {
        *body(asked(config=config, tools=[TURN], toolChoice=choice)),
        *extra(config={"frequencyPenalty": 1}, output={"json": {}}),
    }

    assert CohereChat.owned == everything


@pytest.mark.parametrize(
    ("environment", "base_url", "expected"),
    [
        ({}, None, "https://api.cohere.com"),
        ({"CO_API_URL": "https://cohere.example/"}, None, "https://cohere.example"),
        ({"CO_API_URL": "https://cohere.example"}, "https://other.example", "https://other.example"),
    ],
)
def test_the_address(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], base_url: str | None, expected: str
) -> None:
    """The configured address comes first, then that of Cohere's own environment variable."""
    monkeypatch.delenv("CO_API_URL", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    provider = CohereChat("acme", HttpSettings.model_construct(api_key=SecretStr("k"), base_url=base_url))

    assert expected == provider._upstream._base_url
