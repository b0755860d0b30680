"""A shape beside tools or documents: a target that does not hold to both is told of the shape in words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.config.document import FromOutside
from output.asking import answering, complete, schema

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOL = message_pb2.Tool(function=message_pb2.FunctionTool(name="look"))
NOTE = message_pb2.Media(mime_type="text/plain", data=b"One.")
RIGHT = '{"n": 1}'


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run a server with Cohere, and a vendor of Chat Completions that cannot do both."""
    key = FromOutside("sk-test-1")
    chat = {"kind": "openai", "api_key": key, "base_url": f"{faults.base_url}/v1"}
    providers = {
        "cohere": {"kind": "cohere", "api_key": key, "base_url": faults.base_url},
        "openai": chat,
        "other": {**chat, "unsupported": ["json_beside_tools"]},
    }
    async with running({"providers": providers, "routes": {"default": ["cohere/command"]}}) as gateway:
        yield gateway


def documented() -> list[message_pb2.Message]:
    """Say something with a document."""
    parts = [message_pb2.ContentPart(media=NOTE), message_pb2.ContentPart(text="How many?")]
    return [message_pb2.Message(role=message_pb2.ROLE_USER, parts=parts)]


def told(body: dict[str, Any]) -> bool:
    """Tell whether the system spoke of the shape."""
    first = body["messages"][0]
    return first["role"] == "system" and "JSON" in first["content"]


@pytest.mark.parametrize("provider", ["cohere", "other"])
@pytest.mark.parametrize("shape", [schema(SCHEMA), completion_pb2.OutputFormat(json=completion_pb2.JsonFormat())])
async def test_beside_tools(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str, shape: completion_pb2.OutputFormat
) -> None:
    """Tools are offered, the shape is said in words, and the answer is checked and asked for again."""
    shape.max_repairs = 1
    answer = await complete(gateway, answering(faults, "One.", RIGHT, provider=provider), shape, tools=[TOOL])

    assert ({"n": 1}, 1) == (json.loads(answer.parsed.json), answer.parsed.repairs)
    for attempt in faults.attempts:
        assert "look" == attempt.body["tools"][0]["function"]["name"]
        assert "response_format" not in attempt.body
        assert told(attempt.body)


async def test_beside_documents(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """The same beside documents, at Cohere."""
    asked = request(answering(faults, RIGHT, provider="cohere"), output=schema(SCHEMA))
    del asked.messages[:]
    asked.messages.extend(documented())
    answer = await gateway.completion.Complete(asked, timeout=20)

    assert {"n": 1} == json.loads(answer.parsed.json)
    (attempt,) = faults.attempts
    assert [{"id": "doc:0", "data": {"text": "One."}}] == attempt.body["documents"]
    assert "response_format" not in attempt.body
    assert told(attempt.body)


async def test_a_tool_is_called(gateway: Gateway) -> None:
    """A model that calls a tool first is not held to the shape yet."""
    answer = await complete(gateway, "cohere/tool-calls=1", schema(SCHEMA), tools=[TOOL])

    assert completion_pb2.FINISH_REASON_TOOL_CALLS == answer.finish_reason
    assert not answer.HasField("parsed")


@pytest.mark.parametrize("provider", ["cohere", "other"])
async def test_alone(gateway: Gateway, faults: ThreadedFaultProvider, provider: str) -> None:
    """Beside nothing the target holds to the shape itself."""
    await complete(gateway, answering(faults, RIGHT, provider=provider), schema(SCHEMA))

    assert "response_format" in faults.attempts[0].body
    assert not told(faults.attempts[0].body)


async def test_one_that_can(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A target that holds to a shape beside tools is asked to."""
    await complete(gateway, answering(faults, RIGHT), schema(SCHEMA), tools=[TOOL])

    assert "response_format" in faults.attempts[0].body
    assert not told(faults.attempts[0].body)
