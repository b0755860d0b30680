"""The rules of CompleteRequest, each with the path of the field that breaks it."""

from typing import Any

import pytest

from llmrpc_server.requests import validation
from validation.fields import SAID, found, function, part, request, result


@pytest.mark.parametrize(
    ("fields", "path", "description"),
    [
        ({"messages": []}, "messages", "must hold at least one message, or set prompt"),
        ({"messages": SAID * 100_001}, "messages", "must hold at most 100000 parts in all"),
        ({"tools": [{}] * 4097}, "tools", "must hold at most 4096, has 4097"),
        ({"messages": [{"parts": [{"text": "x"}]}]}, "messages[0].role", "must be set"),
        ({"messages": [{"role": 9, "parts": [{"text": "x"}]}]}, "messages[0].role", "must be a known role, is 9"),
        ({"messages": [*SAID, {"role": "ROLE_USER"}]}, "messages[1].parts", "must hold at least one part"),
        (
            part(),
            "messages[0].parts[0]",
            "must be text, media, a tool call, a tool result or another kind that this server knows",
        ),
        (part(media={"mimeType": "a/b"}), "messages[0].parts[0].media", "must have data, a uri or a file_id"),
        (
            part(media={"data": "aGk="}),
            "messages[0].parts[0].media.mime_type",
            'must be set with data, for example "image/png"',
        ),
        (part(media={"uri": "http://h"}), "messages[0].parts[0].media.uri", "must be an https address"),
        (part(media={"uri": ""}), "messages[0].parts[0].media.uri", "must be an https address"),
        (
            part(media={"uri": "data:a/b,c"}),
            "messages[0].parts[0].media.uri",
            "must be an https address; put the bytes themselves into data",
        ),
        (part(toolCall={"id": "1"}), "messages[0].parts[0].tool_call.name", "must be set"),
        (
            part(toolResult={"toolCallId": "1"}),
            "messages[0].parts[0]",
            "must be a tool result if, and only if, the role is TOOL",
        ),
        (
            {"messages": [{"role": "ROLE_TOOL", "parts": [{"text": "x"}]}]},
            "messages[0].parts[0]",
            "must be a tool result if, and only if, the role is TOOL",
        ),
        (result(), "messages[0].parts[0].tool_result.tool_call_id", "must be the id of the call that it answers"),
        (
            result(toolCallId="1", parts=[{"text": "x"}, {"toolCall": {"name": "x"}}]),
            "messages[0].parts[0].tool_result.parts[1]",
            "must be text or media",
        ),
        (
            result(toolCallId="1", parts=[{"toolResult": {"toolCallId": "1"}}]),
            "messages[0].parts[0].tool_result.parts[0]",
            "must be text or media",
        ),
        (
            result(toolCallId="1", parts=[{"media": {"uri": "ftp://h"}}]),
            "messages[0].parts[0].tool_result.parts[0].media.uri",
            "must be an https address",
        ),
        ({"prompt": {}}, "prompt.name", "must be set"),
        ({"config": {"temperature": -0.1}}, "config.temperature", "must be from 0 to 2, is -0.1"),
        ({"config": {"temperature": 2.1}}, "config.temperature", "must be from 0 to 2, is 2.1"),
        ({"config": {"temperature": "NaN"}}, "config.temperature", "must be from 0 to 2, is nan"),
        ({"config": {"temperature": "Infinity"}}, "config.temperature", "must be from 0 to 2, is inf"),
        ({"config": {"topP": 0}}, "config.top_p", "must be more than 0 and at most 1, is 0"),
        ({"config": {"topP": 1.1}}, "config.top_p", "must be more than 0 and at most 1, is 1.1"),
        ({"config": {"topP": "NaN"}}, "config.top_p", "must be more than 0 and at most 1, is nan"),
        ({"config": {"topK": 0}}, "config.top_k", "must be at least 1, is 0"),
        ({"config": {"maxOutputTokens": -1}}, "config.max_output_tokens", "must be at least 1, is -1"),
        ({"config": {"reasoningBudgetTokens": 0}}, "config.reasoning_budget_tokens", "must be at least 1, is 0"),
        ({"config": {"stopSequences": ["x"] * 17}}, "config.stop_sequences", "must hold at most 16, has 17"),
        ({"config": {"stopSequences": ["x", ""]}}, "config.stop_sequences[1]", "must not be empty"),
        ({"config": {"frequencyPenalty": 2.5}}, "config.frequency_penalty", "must be from -2 to 2, is 2.5"),
        ({"config": {"presencePenalty": "NaN"}}, "config.presence_penalty", "must be from -2 to 2, is nan"),
        ({"config": {"topLogprobs": 21}}, "config.top_logprobs", "must be from 0 to 20, is 21"),
        ({"config": {"topLogprobs": -1}}, "config.top_logprobs", "must be from 0 to 20, is -1"),
        ({"config": {"reasoningEffort": 99}}, "config.reasoning_effort", "must be a known effort, is 99"),
        ({"tools": [{}]}, "tools[0]", "must be a function or a provider_tool"),
        ({"tools": [function(name="")]}, "tools[0].function.name", 'must be 1 to 64 letters, digits, "_" or "-"'),
        ({"tools": [function(name="a b")]}, "tools[0].function.name", 'must be 1 to 64 letters, digits, "_" or "-"'),
        ({"tools": [function(name="é")]}, "tools[0].function.name", 'must be 1 to 64 letters, digits, "_" or "-"'),
        (
            {"tools": [function(name="a" * 65)]},
            "tools[0].function.name",
            'must be 1 to 64 letters, digits, "_" or "-"',
        ),
        ({"tools": [function()] * 2}, "tools[1].function.name", 'must be unique, "look_up" stands twice'),
        (
            {"tools": [function(parametersJsonSchema="[]")]},
            "tools[0].function.parameters_json_schema",
            "must be the JSON text of an object",
        ),
        ({"tools": [{"providerTool": {"type": "t"}}]}, "tools[0].provider_tool.kind", "must be set"),
        ({"tools": [{"providerTool": {"kind": "k"}}]}, "tools[0].provider_tool.type", "must be set"),
        (
            {"tools": [{"providerTool": {"kind": "k", "type": "t", "optionsJson": "1"}}]},
            "tools[0].provider_tool.options_json",
            "must be the JSON text of an object",
        ),
        (
            {"tools": [function()], "toolChoice": {"toolNames": ["look_up", "other"]}},
            "tool_choice.tool_names[1]",
            'must be a function of tools, is "other"',
        ),
        ({"toolChoice": {"mode": 99}}, "tool_choice.mode", "must be a known mode, is 99"),
        ({"output": {"protobuf": {}}}, "output.protobuf.type_name", "must be set"),
        ({"output": {"json": {}, "maxRepairs": -1}}, "output.max_repairs", "must be from 0 to 10, is -1"),
        ({"output": {"json": {}, "maxRepairs": 11}}, "output.max_repairs", "must be from 0 to 10, is 11"),
        (
            {"output": {"jsonSchema": {"schemaJson": "[]"}}},
            "output.json_schema.schema_json",
            "must be the JSON text of an object",
        ),
        ({"routing": {"maxAttempts": 0}}, "routing.max_attempts", "must be at least 1, is 0"),
        (
            {"routing": {"fallbackModels": ["a"] * 65}},
            "routing.fallback_models",
            "must hold at most 64, has 65",
        ),
        ({"routing": {"fallbackModels": ["a", ""]}}, "routing.fallback_models[1]", "must not be empty"),
        ({"routing": {"attemptTimeout": "0s"}}, "routing.attempt_timeout", "must be more than 0"),
        ({"routing": {"firstTokenTimeout": "-1s"}}, "routing.first_token_timeout", "must be more than 0"),
        ({"routing": {"idleTimeout": "0s"}}, "routing.idle_timeout", "must be more than 0"),
        ({"cache": {"mode": 99}}, "cache.mode", "must be a known mode, is 99"),
        ({"cache": {"ttl": "0s"}}, "cache.ttl", "must be more than 0"),
        ({"cache": {"tags": ["t"] * 17}}, "cache.tags", "must hold at most 16 tags, has 17"),
        ({"cache": {"tags": ["t", ""]}}, "cache.tags[1]", "must not be empty"),
        ({"maxCostPicos": "0"}, "max_cost_picos", "must be more than 0"),
        ({"requestId": "r" * 129}, "request_id", "must be at most 128 characters, has 129"),
        ({"user": "u" * 257}, "user", "must be at most 256 characters, has 257"),
        ({"labels": {f"k{number}": "" for number in range(65)}}, "labels", "must hold at most 64, has 65"),
        ({"labels": {"": "x"}}, 'labels[""]', "must have a key of 1 to 63 characters"),
        ({"labels": {"k" * 64: "x"}}, f'labels["{"k" * 63}"]', "must have a key of 1 to 63 characters"),
        ({"labels": {"k": "v" * 257}}, 'labels["k"]', "must be at most 256 characters"),
        (
            {"providerOptionsJson": {"openai": "[]"}},
            'provider_options_json["openai"]',
            "must be the JSON text of an object",
        ),
        ({"stream": {"onInterruption": 99}}, "stream.on_interruption", "must be a known policy, is 99"),
        ({"stream": {"partialInterval": "0s"}}, "stream.partial_interval", "must be more than 0"),
    ],
)
def test_refuses(fields: dict[str, Any], path: str, description: str) -> None:
    """Each rule, broken alone, is told with the field's path and what would be right."""
    assert [(path, description)] == found(request(**fields))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        "NaN",
        '{"a": Infinity}',
        "{} {}",
        "[" * 100_000,
        '{"a":' * 100_000,
        f'{{"a": {"9" * 5000}}}',
    ],
)
def test_refuses_what_is_not_json(text: str) -> None:
    """What is not JSON, or so deep or large that reading it is an attack, is a wrong field and nothing worse."""
    ((path, description),) = found(request(providerOptionsJson={"openai": text}))

    assert 'provider_options_json["openai"]' == path
    assert description.startswith("must be JSON text: ")
    assert len(description) < 200


def test_limits_are_those_of_the_protos() -> None:
    """The limits are the ones that the protos' comments promise."""
    limits = {name: value for name, value in vars(validation).items() if name.startswith("MAX_")}

    assert {
        "MAX_VIOLATIONS": 32,
        "MAX_LABELS": 64,
        "MAX_LABEL_KEY": 63,
        "MAX_LABEL_VALUE": 256,
        "MAX_USER": 256,
        "MAX_MODEL": 256,
        "MAX_REQUEST_ID": 128,
        "MAX_STOP_SEQUENCES": 16,
        "MAX_CACHE_TAGS": 16,
        "MAX_TOP_LOGPROBS": 20,
        "MAX_TOOL_NAME": 64,
        "MAX_PARTS": 100_000,
        "MAX_TOOLS": 4096,
        "MAX_FALLBACK_MODELS": 64,
        "MAX_NAME_SHOWN": 64,
        "MAX_REPAIRS": 10,
    } == limits
