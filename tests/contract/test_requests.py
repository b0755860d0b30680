"""What a caller asks reaches every provider in the registry, or the caller is told that it does not."""

import json
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from contract.asking import Ask, streamed, whole
from contract.cases import PICTURE, SCHEMA, Part, ask, calls_of, text_of, tool, user
from contract.targets import KINDS, features_of
from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.requests.features import Feature

EVERY = pytest.mark.parametrize("kind", KINDS)
BOTH = pytest.mark.parametrize("asked", [whole, streamed])

SYSTEM, ASSISTANT, TOOL = message_pb2.ROLE_SYSTEM, message_pb2.ROLE_ASSISTANT, message_pb2.ROLE_TOOL


def said(role: message_pb2.Role.ValueType, *parts: Part) -> message_pb2.Message:
    """Make a message."""
    return message_pb2.Message(role=role, parts=parts)


def called(id_: str, name: str) -> Part:
    """Make a call of a tool."""
    arguments = '{"city": "Oslo", "id": 9007199254740993}'
    return Part(tool_call=message_pb2.ToolCall(id=id_, name=name, arguments_json=arguments))


def result(id_: str, text: str, *, failed: bool = False) -> Part:
    """Make a tool's result."""
    made = message_pb2.ToolResult(tool_call_id=id_, parts=[Part(text=text)], is_error=failed)
    return Part(tool_result=made)


def understood(answer: completion_pb2.CompleteResponse) -> dict[str, Any]:
    """Read what the provider says that it was asked."""
    description: dict[str, Any] = json.loads(text_of(answer))
    return description


# What the provider understood is JSON itself, and has to have the shape that is asked for.
ECHO = {"type": "object", "properties": {"messages": {"type": "array"}}, "additionalProperties": True}
ECHOED = completion_pb2.OutputFormat(
    json_schema=completion_pb2.JsonSchemaFormat(name="echo", schema_json=json.dumps(ECHO))
)


@EVERY
@BOTH
async def test_a_conversation_arrives(gateway: Gateway, kind: str, asked: Ask) -> None:
    """Roles, turns, an image's bytes, tools, their calls and their results arrive in order."""
    request = ask(model=f"{kind}/echo", tools=[tool("weather"), tool("time")])
    del request.messages[:]
    request.messages.extend(
        [
            said(SYSTEM, Part(text="Be brief.")),
            user("What is there?", PICTURE),
            said(ASSISTANT, Part(text="I look."), called("c1", "weather"), called("c2", "time")),
            said(TOOL, result("c1", "Rain."), result("c2", "No clock.", failed=True)),
            user("And now?"),
        ]
    )

    told = understood(await asked(gateway, request))

    size = len(PICTURE.media.data)
    arguments = {"city": "Oslo", "id": 9007199254740993}
    image = told["messages"][1]["parts"].pop()
    assert ("image", "image/png", size) == (image["type"], image["mime_type"], image["bytes"])
    assert [["Be brief."], ["What is there?"]] == [
        [part["text"] for part in turn["parts"]] for turn in told["messages"][:2]
    ]
    assert [("weather", arguments), ("time", arguments)] == [
        (part["name"], part["arguments"]) for part in told["messages"][2]["parts"] if part["type"] == "tool_call"
    ]
    results = told["messages"][3]["parts"]
    assert [("c1", "Rain."), ("c2", "No clock.")] == [(part["id"], part["parts"][0]["text"]) for part in results]
    assert [{"type": "text", "text": "And now?"}] == told["messages"][4]["parts"]
    assert ["weather", "time"] == [offered["name"] for offered in told["tools"]]
    assert SCHEMA["properties"] == told["tools"][0]["parameters"]["properties"]


@EVERY
async def test_a_failed_tool_is_told(gateway: Gateway, kind: str) -> None:
    """That a tool failed arrives where the wire has a word for it, else the caller is warned."""
    request = ask("Look", model=f"{kind}/echo", tools=[tool("weather")])
    request.messages.extend([said(ASSISTANT, called("c1", "weather")), said(TOOL, result("c1", "No.", failed=True))])

    answer = await whole(gateway, request)

    arrived = understood(answer)["messages"][2]["parts"][0].get("is_error", False)
    warned = any("is_error" in warning.text for warning in answer.warnings)
    assert arrived != warned


@EVERY
@BOTH
async def test_a_shape_arrives(gateway: Gateway, kind: str, asked: Ask) -> None:
    """The JSON Schema reaches the provider as it was written."""
    told = understood(await asked(gateway, ask("In JSON", model=f"{kind}/echo", output=ECHOED)))

    assert ECHO == told["format"]["schema"]


@EVERY
@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"mode": message_pb2.TOOL_CHOICE_MODE_REQUIRED}, ("required", ["weather", "time"])),
        ({"mode": message_pb2.TOOL_CHOICE_MODE_NONE}, ("none", ["weather", "time"])),
        ({"mode": message_pb2.TOOL_CHOICE_MODE_REQUIRED, "tool_names": ["time"]}, ("required", ["time"])),
    ],
)
async def test_a_tool_choice_arrives(
    gateway: Gateway, kind: str, choice: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    """Whether tools must be called, and which, means the same to every provider."""
    asked = ask("Look", model=f"{kind}/echo", tools=[tool("weather"), tool("time")])
    asked.tool_choice.CopyFrom(message_pb2.ToolChoice(**choice))

    told = understood(await whole(gateway, asked))

    allowed = told["tool_choice"].get("tools") or [offered["name"] for offered in told["tools"]]
    assert expected == (told["tool_choice"]["mode"], allowed)


@EVERY
@BOTH
async def test_an_answer_goes_back(gateway: Gateway, kind: str, asked: Ask) -> None:
    """Reasoning with its opaque state and tool calls return on the next turn, or a Warning says what does not."""
    request = ask("What is the weather?", model=f"{kind}/gpt-5+tool-calls=2+reasoning=3", tools=[tool("weather")])
    answer = await asked(gateway, request)
    calls = calls_of(answer)
    request.messages.append(answer.message)
    request.messages.append(said(TOOL, *(result(call.id, "Rain.") for call in calls)))
    request.model = f"{kind}/echo"

    again = await asked(gateway, request)

    parts = understood(again)["messages"][1]["parts"]
    assert [call.id for call in calls] == [part["id"] for part in parts if part["type"] == "tool_call"]
    returned = any(part["type"] == "reasoning" for part in parts)
    warned = any("reasoning" in warning.text for warning in again.warnings)
    assert returned != warned
    assert warned == (kind == "openai")


@EVERY
@BOTH
async def test_a_refusal(gateway: Gateway, kind: str, asked: Ask) -> None:
    """A model that declines says so in the finish reason, whichever way its wire tells it."""
    if kind == "cohere":
        pytest.skip("its wire has no refusals")
    answer = await asked(gateway, ask("Hi", model=f"{kind}/refusal"))

    assert completion_pb2.FINISH_REASON_REFUSAL == answer.finish_reason


@EVERY
@BOTH
async def test_a_citation(gateway: Gateway, kind: str, asked: Ask) -> None:
    """A source belongs to the text that it supports, and stands there as the provider sent it."""
    answer = await asked(gateway, ask("Hi", model=f"{kind}/citations"))

    [citation] = [citation for part in answer.message.parts for citation in part.citations]
    assert json.loads(citation.json)
    assert citation.title or citation.uri or citation.quote


@EVERY
@BOTH
async def test_log_probabilities(gateway: Gateway, kind: str, asked: Ask) -> None:
    """Where the wire has them, each token of the text has its own."""
    if Feature.LOGPROBS not in features_of(kind):
        pytest.skip(f"{kind} has none")
    config = completion_pb2.GenerationConfig(top_logprobs=0)
    answer = await asked(gateway, ask("Hi", model=f"{kind}/tokens=5", config=config))

    assert 5 == len(answer.logprobs)
    assert text_of(answer) == "".join(token.token for token in answer.logprobs)


OWN_OPTIONS = {
    "openai": {"service_tier": "auto"},
    "openai_responses": {"service_tier": "auto"},
    "anthropic": {"service_tier": "auto"},
    "cohere": {"safety_mode": "OFF"},
}


@EVERY
async def test_its_own_options(gateway: Gateway, faults: ThreadedFaultProvider, kind: str) -> None:
    """What only this provider has is merged into its request; another provider's options are not."""
    options = {name: json.dumps(own) for name, own in OWN_OPTIONS.items()}
    await whole(gateway, ask("Hi", model=f"{kind}/gpt-4o", provider_options_json=options))

    body = faults.attempts[0].body
    assert isinstance(body, dict)
    sent = {name for own in OWN_OPTIONS.values() for name in own if name in body}
    assert set(OWN_OPTIONS[kind]) == sent


@EVERY
async def test_options_that_are_the_apis(gateway: Gateway, faults: ThreadedFaultProvider, kind: str) -> None:
    """A provider's options cannot set what the request's own fields set: it is refused before anything is sent."""
    options = {kind: json.dumps({"model": "other", "stream": True})}
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await whole(gateway, ask("Hi", model=f"{kind}/gpt-4o", provider_options_json=options))

    fields = [violation.field for violation in detail(failed.value, error_details_pb2.BadRequest).field_violations]
    assert grpc.StatusCode.INVALID_ARGUMENT == failed.value.code()
    assert [f'provider_options_json["{kind}"].{name}' for name in ("model", "stream")] == sorted(fields)
    assert not faults.attempts
