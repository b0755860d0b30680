"""People debug gRPC with grpcurl: it sees the API by reflection and calls it."""

import json

import pytest

from fault_provider import CANONICAL_TEXT
from gateway import GatewayProcess
from grpcurl import grpcurl, objects

BODY = '{"messages": [{"role": "ROLE_USER", "parts": [{"text": "Why is the sky blue?"}]}]}'


def test_list_shows_every_service(served: GatewayProcess) -> None:
    """Reflection lists all services of the API, health and itself."""
    expected = ["Cache", "Completion", "Model", "Prompt", "Usage"]
    listed = grpcurl(served.address, "list").split()

    assert [f"llmrpc.v1.{name}Service" for name in expected] == [n for n in listed if n.startswith("llmrpc")]
    of_grpc = {
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    assert of_grpc == {name for name in listed if name.startswith("grpc.")}


@pytest.mark.parametrize(
    "symbol",
    [
        "llmrpc.v1.CompletionService",
        "llmrpc.v1.CompleteRequest",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1.ServiceResponse",
        "grpc.reflection.v1alpha.ServerReflection",
    ],
)
def test_describe_shows_the_definition(served: GatewayProcess, symbol: str) -> None:
    """Reflection describes services and messages."""
    assert symbol in grpcurl(served.address, "describe", symbol)


def test_complete(served: GatewayProcess) -> None:
    """A JSON body is answered with a whole answer."""
    answer = json.loads(grpcurl("-d", BODY, served.address, "llmrpc.v1.CompletionService/Complete"))

    assert CANONICAL_TEXT == answer["message"]["parts"][0]["text"]


def test_stream_complete(served: GatewayProcess) -> None:
    """A stream is printed event by event."""
    printed = grpcurl("-d", BODY, served.address, "llmrpc.v1.CompletionService/StreamComplete")
    events = objects(printed)

    assert "started" in events[0]
    assert CANONICAL_TEXT == events[-1]["completed"]["message"]["parts"][0]["text"]


SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
SHAPED = json.dumps(
    {
        "model": "openai/json",
        "messages": [{"role": "ROLE_USER", "parts": [{"text": "In JSON."}]}],
        "output": {"jsonSchema": {"schemaJson": json.dumps(SCHEMA)}},
    }
)


@pytest.mark.parametrize("method", ["Complete", "StreamComplete"])
def test_an_answer_in_shape(served: GatewayProcess, method: str) -> None:
    """A JSON Schema goes in as text, the checked value comes out as text."""
    *_, last = objects(grpcurl("-d", SHAPED, served.address, f"llmrpc.v1.CompletionService/{method}"))

    assert ["ok"] == list(json.loads(last.get("completed", last)["parsed"]["json"]))


def test_a_prompt(served: GatewayProcess) -> None:
    """A prompt is rendered on the server."""
    asked = '{"prompt": {"name": "summary", "variables": {"text": {"text": "It rains."}}}}'
    answer = json.loads(grpcurl("-d", asked, served.address, "llmrpc.v1.PromptService/RenderPrompt"))

    assert ["Sum up in 3 points.", "# Text\nIt rains."] == [one["parts"][0]["text"] for one in answer["messages"]]
