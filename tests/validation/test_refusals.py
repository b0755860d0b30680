"""How a wrong CompleteRequest is refused: everything at once, cut to what a status holds."""

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from gateway import Gateway
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.errors import InvalidRequest, Violation
from llmrpc_server.requests.validation import MAX_VIOLATIONS, violations
from validation.fields import found, request


def test_tells_everything_at_once() -> None:
    """Several wrong fields are told together, in the request's order."""
    asked = request(messages=[{}], config={"temperature": 9, "topK": 0}, user="u" * 300)

    assert ["messages[0].role", "messages[0].parts", "config.temperature", "config.top_k", "user"] == [
        path for path, _ in found(asked)
    ]


def test_many_violations_are_cut() -> None:
    """A request that is wrong all over costs no more to refuse, and its refusal fits into a status."""
    asked = completion_pb2.CompleteRequest(messages=[message_pb2.Message()] * 100_000)

    wrong = violations(asked)

    assert MAX_VIOLATIONS == len(wrong)
    assert (
        "messages[0].role: must be set; messages[0].parts: must hold at least one part; "
        "messages[1].role: must be set; messages[1].parts: must hold at least one part; and more"
        == InvalidRequest.of(*wrong).message
    )


def test_long_names_are_cut() -> None:
    """What a caller sent comes back in a refusal only in part."""
    long = "x" * 1_000_000
    asked = request(
        toolChoice={"toolNames": [long]}, labels={long: long}, providerOptionsJson={long: ""}, requestId=long, user=long
    )

    assert 6 == len(found(asked))
    assert all(len(violation.field) + len(violation.description) < 200 for violation in violations(asked))


def test_an_error_names_its_violations() -> None:
    """Up to four violations stand in the message; all of them are kept for the details."""
    few = [Violation("a", "must be set"), Violation("b", "must be set")]

    error = InvalidRequest.of(*few)

    assert "a: must be set; b: must be set" == error.message
    assert tuple(few) == error.violations


async def test_a_refusal_arrives(gateway: Gateway) -> None:
    """However wrong a request is, its refusal fits into the trailers that clients take, and says where to begin."""
    asked = completion_pb2.CompleteRequest(messages=[message_pb2.Message()] * 50_000)

    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(asked, timeout=10)

    assert grpc.StatusCode.INVALID_ARGUMENT == failed.value.code()
    fields = [found.field for found in detail(failed.value, error_details_pb2.BadRequest).field_violations]
    assert ["messages[0].role", "messages[0].parts"] == fields[:2]
