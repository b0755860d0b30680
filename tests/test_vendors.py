"""A vendor that nobody knows, and that differs from OpenAI in all that can differ, takes configuration alone."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from typing_extensions import override

from details import detail, failure_of
from gateway import Gateway, running
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.config.document import FromOutside

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
DELTAS = [{"reasoning_content": "Hm."}, {"content": "O"}, {"content": "K"}]


class Acme(BaseHTTPRequestHandler):
    """The made-up vendor: it takes what its documentation says and nothing else, and has no end marker."""

    takes = frozenset({"model", "messages", "max_tokens", "random_seed", "enable_thinking", "top_k", "stream"})
    bodies: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Answer a request, or refuse it."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.bodies.append(body)
        if body.keys() - self.takes or any(message["role"] == "developer" for message in body["messages"]):
            self._send(422, "application/json", json.dumps({"detail": "extra fields not permitted"}))
        elif body.get("stream"):
            chunks = [{"choices": [{"delta": delta}]} for delta in DELTAS]
            last = {"choices": [{"delta": {}, "finish_reason": "eos"}]}
            text = "".join(
                f"data: {json.dumps(chunk)}\n\n" for chunk in (*chunks, {"choices": [], "usage": USAGE}, last)
            )
            self._send(200, "text/event-stream", text)
        else:
            message = {"reasoning_content": "Hm.", "content": "OK"}
            choice = {"message": message, "finish_reason": "eos"}
            self._send(200, "application/json", json.dumps({"model": "acme-1", "choices": [choice], "usage": USAGE}))

    def _send(self, status: int, content_type: str, text: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def acme() -> Iterator[ThreadingHTTPServer]:
    """Run the vendor with an empty log."""
    Acme.bodies = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Acme) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def config(acme: ThreadingHTTPServer, **row: Any) -> dict[str, Any]:
    """Write a configuration whose only provider is the vendor, as its row describes it."""
    address = {"api_key": FromOutside("sk-test-1"), "base_url": f"http://127.0.0.1:{acme.server_port}/v9"}
    return {"providers": {"acme": {"kind": "openai", **address, **row}}, "routes": {"default": ["acme/acme-1"]}}


DIFFERENCES: dict[str, Any] = {
    "max_tokens_field": "max_tokens",
    "developer_role": False,
    "reasoning_field": "reasoning_content",
    "effort_field": "enable_thinking",
    "seed_field": "random_seed",
    "stream_usage": False,
    "done_message": False,
    "top_k": True,
    "unsupported": ["user", "name", "presence_penalty", "logprobs"],
}


def asking() -> completion_pb2.CompleteRequest:
    """Make a request that touches every difference."""
    said = [
        (message_pb2.ROLE_DEVELOPER, message_pb2.ContentPart(text="Be brief.")),
        (message_pb2.ROLE_ASSISTANT, message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="So."))),
        (message_pb2.ROLE_USER, message_pb2.ContentPart(text="Hi")),
    ]
    messages = [message_pb2.Message(role=role, parts=[part], name="ann") for role, part in said]
    sampling = completion_pb2.GenerationConfig(
        max_output_tokens=9,
        top_k=4,
        seed=7,
        presence_penalty=1,
        reasoning_effort=completion_pb2.REASONING_EFFORT_HIGH,
    )
    return completion_pb2.CompleteRequest(messages=messages, config=sampling, user="u")


async def answers(gateway: Gateway) -> list[completion_pb2.CompleteResponse]:
    """Ask for a whole answer and for a stream."""
    unary = await gateway.completion.Complete(asking(), timeout=5)
    events = [event async for event in gateway.completion.StreamComplete(asking(), timeout=5)]
    return [unary, events[-1].completed]


async def test_a_vendor_that_nobody_knows(acme: ThreadingHTTPServer) -> None:
    """With its row the vendor is asked as it wants to be, and its answers mean what any other's mean."""
    async with running(config(acme, **DIFFERENCES)) as gateway:
        for answer in await answers(gateway):
            reasoning, text = answer.message.parts

            assert ("Hm.", "OK", completion_pb2.FINISH_REASON_STOP) == (
                reasoning.reasoning.text,
                text.text,
                answer.finish_reason,
            )
            assert (3, 2) == (answer.accounting.usage.input_tokens, answer.accounting.usage.output_tokens)
            assert {"config.presence_penalty", "messages[].name", "user"} == {
                warning.text.split(" has no ")[1].partition(":")[0] for warning in answer.warnings
            }
    expected = {
        "model": "acme-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "assistant", "reasoning_content": "So."},
            {"role": "user", "content": "Hi"},
        ],
        "max_tokens": 9,
        "top_k": 4,
        "random_seed": 7,
        "enable_thinking": True,
    }
    assert [expected, {**expected, "stream": True}] == Acme.bodies


async def test_without_its_row(acme: ThreadingHTTPServer) -> None:
    """The same vendor, taken for OpenAI, refuses: the test above proves something."""
    async with running(config(acme)) as gateway:
        failure = await failure_of(gateway.completion.Complete(asking(), timeout=5))

    assert "PROVIDER_INVALID_REQUEST" == detail(failure, error_details_pb2.ErrorInfo).reason


async def test_what_a_vendor_lacks_is_not_asked_of_it(acme: ThreadingHTTPServer) -> None:
    """A request that needs a feature that the row takes away is refused before anything is sent."""
    needs = completion_pb2.CompleteRequest(
        messages=asking().messages, config=completion_pb2.GenerationConfig(top_logprobs=0)
    )
    async with running(config(acme, **DIFFERENCES)) as gateway:
        failure = await failure_of(gateway.completion.Complete(needs, timeout=5))

    assert (grpc.StatusCode.UNIMPLEMENTED, []) == (failure.code(), Acme.bodies)
