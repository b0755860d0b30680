"""Clients that use gRPC in ways that ours do not."""

import asyncio
import json
import struct
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import yaml

import envoy
from fault_provider import CANONICAL_TEXT
from gateway import Gateway, GatewayProcess, free_port, request
from grpcurl import grpcurl
from llmrpc.v1 import model_pb2, model_pb2_grpc
from toolchains import ROOT


async def test_thousands_of_calls_on_one_connection(served: GatewayProcess) -> None:
    """Calls that come faster than a server can take them on wait for it; none is ended without a reason."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub: Any = model_pb2_grpc.ModelServiceStub(channel)

        async def code() -> str:
            """Call; return the status."""
            call = stub.ListModels(model_pb2.ListModelsRequest(), timeout=50)
            return str((await call.code()).name)

        assert {"OK": 4000} == Counter(await asyncio.gather(*(code() for _ in range(4000))))


async def test_large_metadata(gateway: Gateway) -> None:
    """What a mesh and a large token add is taken up to a limit, and not by chance."""
    codes = []
    for _ in range(30):
        call = gateway.models.ListModels(
            model_pb2.ListModelsRequest(), metadata=(("x-mesh", "a" * 15_500),), timeout=20
        )
        codes.append((await call.code()).name)

    assert {"OK": 30} == Counter(codes)


@pytest.fixture(scope="module")
def proxy(served: GatewayProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Envoy as docs/other-clients.md has it; return where it listens."""
    folder, listen = tmp_path_factory.mktemp("proxy"), free_port()
    described = folder / "llmrpc.binpb"
    for symbol in ("llmrpc.v1.CompletionService", "google.rpc.ErrorInfo"):
        part = folder / symbol
        grpcurl("-protoset-out", str(part), served.address, "describe", symbol)
        with described.open("ab") as whole:
            whole.write(part.read_bytes())
    text = (ROOT / "docs" / "other-clients.md").read_text(encoding="utf-8")
    text = text.partition("```yaml\n")[2].partition("```")[0]
    server = served.address.rpartition(":")[2]
    ports = {"port_value: 8080": f"port_value: {listen}", "port_value: 50051": f"port_value: {server}"}
    for old, new in {**ports, "llmrpc.binpb": str(described)}.items():
        assert old in text
        text = text.replace(old, new)
    with envoy.running(yaml.safe_load(text), folder, listen) as running:
        yield f"http://{running.address}/llmrpc.v1.CompletionService"


def _post(url: str, body: bytes, content_type: str) -> tuple[int, bytes]:
    headers = {"content-type": content_type, "grpc-timeout": "20S"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _json(url: str, model: str, **more: Any) -> tuple[int, Any]:
    asked = {"model": model, "messages": [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}], **more}
    status, body = _post(url, json.dumps(asked).encode(), "application/json")
    return status, json.loads(body)


def test_json(proxy: str) -> None:
    """A program without gRPC gets answers and streams as JSON, and errors with all their details."""
    status, answer = _json(f"{proxy}/Complete", "openai/gpt-4o")
    assert (200, CANONICAL_TEXT) == (status, answer["message"]["parts"][0]["text"])
    assert "completed" in _json(f"{proxy}/StreamComplete", "openai/gpt-4o")[1][-1]
    assert "completed" not in _json(f"{proxy}/StreamComplete", "openai/cut@3")[1][-1]

    for model, more, expected in (
        ("openai/gpt-4o", {"config": {"temperature": 9}}, (400, "INVALID_REQUEST")),
        ("openai/status=503", {}, (503, "PROVIDER_UNAVAILABLE")),
    ):
        status, error = _json(f"{proxy}/Complete", model, **more)
        assert expected == (status, error["details"][0]["reason"])


@pytest.mark.parametrize(("model", "code"), [("openai/gpt-4o", 0), ("openai/cut@3", 14)])
def test_grpc_web(proxy: str, model: str, code: int) -> None:
    """A browser has each event of a stream, and its trailers with status and details."""
    asked = request(model).SerializeToString()
    framed = b"\0" + struct.pack(">I", len(asked)) + asked
    status, body = _post(f"{proxy}/StreamComplete", framed, "application/grpc-web+proto")
    frames = []
    while body:
        end = 5 + int(struct.unpack(">I", body[1:5])[0])
        frames.append((body[0], body[5:end]))
        body = body[end:]

    assert (200, [0] * (len(frames) - 1) + [128]) == (status, [kind for kind, _ in frames])
    assert f"grpc-status:{code}\r\n".encode() in frames[-1][1]
    assert (code != 0) == (b"grpc-status-details-bin:" in frames[-1][1])
