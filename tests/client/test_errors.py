"""Failed calls become typed errors, with all that the server told."""

import pickle

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    QuotaFailure,
    RetryInfo,
)

import llmrpc
from client.scripted import CALL_ID, ScriptedServer, fail
from llmrpc.errors import CLASSES
from llmrpc.v1.accounting_pb2 import Accounting, Attempt
from llmrpc.v1.completion_pb2 import CompletionFailure
from llmrpc.v1.error_reason_pb2 import ERROR_REASON_PROVIDER_RATE_LIMITED, ErrorReason

Code = grpc.StatusCode


def info(reason: str) -> ErrorInfo:
    """Make the detail that every error of the server has."""
    return ErrorInfo(reason=reason, domain="llmrpc", metadata={"call_id": CALL_ID})


def failure(server: ScriptedServer, client: llmrpc.Client, code: Code, *details: object) -> llmrpc.LlmrpcError:
    """Let a call fail and return its error."""
    server.script = lambda _, context: fail(context, code, "words", *details)  # type: ignore[arg-type]
    with pytest.raises(llmrpc.LlmrpcError) as caught:
        client.complete("Hello")
    return caught.value


def test_an_error_tells_all_that_the_server_told(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Every detail of the status has its attribute, and the RPC's own error is the cause."""
    attempt = Attempt(number=1, reason=ERROR_REASON_PROVIDER_RATE_LIMITED, http_status=429)
    error = failure(
        server,
        client,
        Code.RESOURCE_EXHAUSTED,
        info("RATE_LIMITED"),
        RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
        QuotaFailure(violations=[QuotaFailure.Violation(subject="key:k1", description="60 a minute")]),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="model", description="must be set")]),
        CompletionFailure(accounting=Accounting(attempts=[attempt]), output_sent=True),
    )

    assert llmrpc.RateLimited is type(error)
    assert (Code.RESOURCE_EXHAUSTED, "RATE_LIMITED", "words") == (error.code, error.reason, error.message)
    assert CALL_ID == error.call_id
    assert 1.5 == error.retry_delay
    assert [("key:k1", "60 a minute")] == error.quota_violations
    assert [("model", "must be set")] == error.field_violations
    assert [attempt] == error.attempts
    assert error.output_sent
    assert error.cause is not None
    assert Code.RESOURCE_EXHAUSTED == error.cause.code()
    assert f"RATE_LIMITED: words; model: must be set (call {CALL_ID})" == str(error)


def test_an_error_survives_pickling(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Errors cross process boundaries; only the RPC's own error stays behind."""
    error = failure(server, client, Code.INTERNAL, info("INTERNAL"), CompletionFailure(output_sent=True))

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own bytes.

    assert str(error) == str(copy)
    assert error.accounting == copy.accounting
    assert copy.cause is None


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (Code.INVALID_ARGUMENT, "INVALID_REQUEST", llmrpc.InvalidRequest),
        (Code.INVALID_ARGUMENT, "MODEL_NOT_FOUND", llmrpc.ModelNotFound),
        (Code.NOT_FOUND, "MODEL_NOT_FOUND", llmrpc.ModelNotFound),
        (Code.NOT_FOUND, "PROMPT_NOT_FOUND", llmrpc.InvalidRequest),
        (Code.INVALID_ARGUMENT, "CONTEXT_LENGTH_EXCEEDED", llmrpc.ContextLengthExceeded),
        (Code.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE", llmrpc.InvalidRequest),
        (Code.UNAUTHENTICATED, "UNAUTHENTICATED", llmrpc.Unauthenticated),
        (Code.PERMISSION_DENIED, "PERMISSION_DENIED", llmrpc.PermissionDenied),
        (Code.RESOURCE_EXHAUSTED, "PROVIDER_RATE_LIMITED", llmrpc.RateLimited),
        (Code.RESOURCE_EXHAUSTED, "PROVIDER_QUOTA_EXHAUSTED", llmrpc.ResourceExhausted),
        (Code.RESOURCE_EXHAUSTED, "BUDGET_EXCEEDED", llmrpc.BudgetExceeded),
        (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", llmrpc.DeadlineExceeded),
        (Code.UNIMPLEMENTED, "UNSUPPORTED", llmrpc.Unsupported),
        (Code.ABORTED, "REQUEST_ID_CONFLICT", llmrpc.Conflict),
        (Code.FAILED_PRECONDITION, "CACHE_MISS", llmrpc.CacheMiss),
        (Code.CANCELLED, "CANCELLED", llmrpc.Cancelled),
        (Code.INTERNAL, "PROVIDER_CREDENTIALS", llmrpc.InternalError),
        (Code.UNKNOWN, "", llmrpc.InternalError),
        (Code.INVALID_ARGUMENT, "REASON_OF_TOMORROW", llmrpc.InvalidRequest),
        (Code.FAILED_PRECONDITION, "REASON_OF_TOMORROW", llmrpc.LlmrpcError),
    ],
)
def test_the_class_follows_from_reason_and_code(
    server: ScriptedServer,
    client: llmrpc.Client,
    code: Code,
    reason: str,
    expected: type[llmrpc.LlmrpcError],
) -> None:
    """A known reason decides, else the code; a reason that this client does not know is kept."""
    error = failure(server, client, code, info(reason))

    assert expected is type(error)
    assert reason == error.reason


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("PROVIDER_OVERLOADED", llmrpc.Unavailable),
        ("OUTPUT_INVALID", llmrpc.OutputInvalid),
    ],
)
def test_an_unavailable_provider_is_not_a_failed_connection(
    server: ScriptedServer, client: llmrpc.Client, reason: str, expected: type[llmrpc.LlmrpcError]
) -> None:
    """UNAVAILABLE with a reason was said by a server; one that committed the call is not asked again."""

    def script(_: object, context: grpc.ServicerContext) -> None:
        context.send_initial_metadata((("llmrpc-call-id", CALL_ID),))
        fail(context, Code.UNAVAILABLE, "words", info(reason))

    server.script = script  # type: ignore[assignment]
    with pytest.raises(llmrpc.Unavailable) as caught:
        client.complete("Hello")

    assert expected is type(caught.value)
    assert 1 == len(server.requests)


def test_before_it_commits_an_unavailable_server_is_asked_again(server: ScriptedServer, client: llmrpc.Client) -> None:
    """UNAVAILABLE without initial metadata is repeated by the channel, three tries in all."""
    error = failure(server, client, Code.UNAVAILABLE, info("SHUTTING_DOWN"))

    assert "SHUTTING_DOWN" == error.reason
    assert 3 == len(server.requests)


def test_every_reason_in_the_table_exists() -> None:
    """The table's reasons are those of the proto."""
    known = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118 - no mapping.

    assert set() == {key for key in CLASSES if isinstance(key, str)} - known


@pytest.mark.parametrize("trailer", [b"", b"\xff\xff garbage", b"\x08\x0d\x1a\x05\x0a\x03foo"])
def test_garbled_details_are_left_out(server: ScriptedServer, client: llmrpc.Client, trailer: bytes) -> None:
    """Whatever stands in the trailer, the code and the words of the status arrive."""

    def script(_: object, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", trailer),))
        context.abort(Code.INTERNAL, "words")

    server.script = script  # type: ignore[assignment]
    with pytest.raises(llmrpc.InternalError, match=r"^INTERNAL: words$") as caught:
        client.complete("Hello")

    assert ("", None, []) == (caught.value.reason, caught.value.retry_delay, caught.value.attempts)


def test_a_garbled_detail_spoils_no_other(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Each detail is read by itself."""
    from google.rpc.status_pb2 import Status

    status = Status(code=13)
    status.details.add(type_url="type.googleapis.com/google.rpc.RetryInfo", value=b"\xff")
    status.details.add().Pack(info("INTERNAL"))

    def script(_: object, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(Code.INTERNAL, "words")

    server.script = script  # type: ignore[assignment]
    with pytest.raises(llmrpc.InternalError) as caught:
        client.complete("Hello")

    assert ("INTERNAL", None) == (caught.value.reason, caught.value.retry_delay)


def test_a_reason_of_somebody_else_is_not_ours(server: ScriptedServer, client: llmrpc.Client) -> None:
    """ErrorInfo counts in the domain llmrpc alone; a proxy may send its own."""
    error = failure(server, client, Code.INTERNAL, ErrorInfo(reason="RATE_LIMITED", domain="example.com"))

    assert ("", llmrpc.InternalError) == (error.reason, type(error))


def test_the_call_id_comes_from_metadata_too(server: ScriptedServer, client: llmrpc.Client) -> None:
    """An error without details still names its call."""

    def script(_: object, context: grpc.ServicerContext) -> None:
        context.send_initial_metadata((("llmrpc-call-id", CALL_ID),))
        context.abort(Code.INTERNAL, "words")

    server.script = script  # type: ignore[assignment]
    with pytest.raises(llmrpc.InternalError) as caught:
        client.complete("Hello")

    assert CALL_ID == caught.value.call_id
