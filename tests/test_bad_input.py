"""Requests that are refused before any provider is asked: what is wrong, and where."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.v1 import completion_pb2, message_pb2

Code = grpc.StatusCode

DATA_URI = message_pb2.ContentPart(media=message_pb2.Media(uri="data:image/png;base64,*"))

BAD = {
    "messages": completion_pb2.CompleteRequest(),
    "model": request("nowhere"),
    "messages[0].role": completion_pb2.CompleteRequest(
        messages=[message_pb2.Message(parts=[message_pb2.ContentPart(text="x")])]
    ),
    "messages[0].parts": completion_pb2.CompleteRequest(messages=[message_pb2.Message(role=message_pb2.ROLE_USER)]),
    "config.temperature": request(config={"temperature": 2.5}),
    "config.top_p": request(config={"top_p": float("nan")}),
    "config.max_output_tokens": request(config={"max_output_tokens": 0}),
    "output.json_schema.schema_json": request(output={"json_schema": {"schema_json": "{not json"}}),
    "messages[0].parts[0].media.uri": completion_pb2.CompleteRequest(
        messages=[message_pb2.Message(role=message_pb2.ROLE_USER, parts=[DATA_URI])]
    ),
    "user": request(user="a\0b"),
    "request_id": request(request_id="a\0b"),
    "prompt.name": request(prompt={"name": "a\0b"}),
    "prompt.version": request(prompt={"name": "a", "version": "1\0"}),
    "cache.tags[1]": request(cache={"tags": ["a", "a\0b"]}),
    'labels["team"]': request(labels={"team": "a\0b"}),
    'labels["te\\0am"]': request(labels={"te\0am": "a"}),
    "labels": request(labels={f"label{number}": "x" for number in range(65)}),
}


@pytest.mark.parametrize("field", BAD)
async def test_bad_input_names_the_field(gateway: Gateway, faults: ThreadedFaultProvider, field: str) -> None:
    """Bad input is INVALID_ARGUMENT with the field's path, trailers-only, before any provider is asked."""
    for method in (gateway.completion.Complete, gateway.completion.StreamComplete):
        error = await failure_of(method(BAD[field], timeout=5))

        violations = detail(error, error_details_pb2.BadRequest).field_violations
        assert (Code.INVALID_ARGUMENT, [field]) == (error.code(), [violation.field for violation in violations])
        assert "llmrpc-call-id" not in dict(error.initial_metadata() or ())
    assert [] == faults.attempts


async def test_a_plan_names_the_fields_of_its_own_request(gateway: Gateway) -> None:
    """PlanCompletion fails as Complete would; its fields are those of the message that it got."""
    asked = completion_pb2.PlanCompletionRequest(request=request("nowhere"))
    error = await failure_of(gateway.completion.PlanCompletion(asked, timeout=5))

    violations = detail(error, error_details_pb2.BadRequest).field_violations
    assert (Code.INVALID_ARGUMENT, ["request.model"]) == (error.code(), [violation.field for violation in violations])


async def test_what_no_target_can_do_is_refused(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A request that needs what no target has is refused aloud, with the field that needs it; nobody is asked."""
    video = {"mime_type": "video/mp4", "uri": "https://example.com/clip.mp4"}
    asked = request()
    asked.messages[0].parts.add(media=video)
    error = await failure_of(gateway.completion.Complete(asked, timeout=5))

    violations = detail(error, error_details_pb2.BadRequest).field_violations
    assert (Code.UNIMPLEMENTED, ["messages[0].parts[1].media"]) == (
        error.code(),
        [violation.field for violation in violations],
    )
    assert "UNSUPPORTED" == detail(error, error_details_pb2.ErrorInfo).reason
    assert [] == faults.attempts


async def test_bytes_that_are_no_request(gateway: Gateway) -> None:
    """Bytes that are not the method's message are INVALID_ARGUMENT with a call id, not an exception's words."""
    for method in ("/llmrpc.v1.CompletionService/Complete", "/llmrpc.v1.ModelService/ListModels"):
        raw_method: Any = gateway.channel.unary_unary(method)
        error = await failure_of(raw_method(b"\xff\xff\xff", timeout=5))

        assert Code.INVALID_ARGUMENT == error.code()
        assert "DecodeError" not in (error.details() or "")
        assert detail(error, error_details_pb2.ErrorInfo).metadata["call_id"]


@pytest.mark.parametrize("model", ["openai/a\r\nb", "openai/" + "m" * 300])
async def test_strange_model_names(gateway: Gateway, faults: ThreadedFaultProvider, model: str) -> None:
    """A name that no model can have is the caller's mistake, whatever is in it."""
    error = await failure_of(gateway.completion.Complete(request(model), timeout=5))

    assert Code.INVALID_ARGUMENT == error.code()
    assert [] == faults.attempts
