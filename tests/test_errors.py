"""What a caller is told when a call fails, and what it is never told."""

import asyncio
import logging
from typing import Any

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2

from details import detail, drained, failure_of, metadata_of, raw
from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import Gateway, faulty, request, running, said
from llmrpc.v1 import accounting_pb2, completion_pb2, error_reason_pb2, message_pb2
from llmrpc_server.errors import CallError, InvalidRequest, Violation
from llmrpc_server.interceptors.status import MAX_DETAILS_BYTES, status_details

BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
Code = grpc.StatusCode


def both_methods(gateway: Gateway, model: str) -> list[Any]:
    """Make the same call in both ways."""
    asked = request(model)
    return [gateway.completion.Complete(asked, timeout=5), gateway.completion.StreamComplete(asked, timeout=5)]


@BOTH
@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("status=400", Code.INVALID_ARGUMENT, "PROVIDER_INVALID_REQUEST"),
        ("status=401", Code.INTERNAL, "PROVIDER_CREDENTIALS"),
        ("status=403", Code.INTERNAL, "PROVIDER_PERMISSION"),
        ("status=404", Code.NOT_FOUND, "MODEL_NOT_FOUND"),
        ("status=413", Code.INVALID_ARGUMENT, "REQUEST_TOO_LARGE"),
        ("status=429", Code.RESOURCE_EXHAUSTED, "PROVIDER_RATE_LIMITED"),
        ("status=500", Code.UNAVAILABLE, "PROVIDER_ERROR"),
        ("status=503", Code.UNAVAILABLE, "PROVIDER_UNAVAILABLE"),
        ("status=529", Code.UNAVAILABLE, "PROVIDER_OVERLOADED"),
        ("reset", Code.UNAVAILABLE, "PROVIDER_CONNECTION"),
        ("close", Code.UNAVAILABLE, "PROVIDER_CONNECTION"),
        ("html", Code.UNAVAILABLE, "PROVIDER_UNAVAILABLE"),
    ],
)
async def test_failures_before_output(gateway: Gateway, provider: str, fault: str, code: Code, reason: str) -> None:
    """A provider's failure has the same code and reason in both methods, with the attempt in the books."""
    for call in both_methods(gateway, f"{provider}/{fault}"):
        error = await failure_of(call)

        info = detail(error, error_details_pb2.ErrorInfo)
        failure = detail(error, completion_pb2.CompletionFailure)
        assert (code, reason, "llmrpc") == (error.code(), info.reason, info.domain)
        assert metadata_of(error.trailing_metadata())["llmrpc-call-id"] == info.metadata["call_id"]
        assert not failure.output_sent
        assert {provider} == {attempt.target.provider for attempt in failure.accounting.attempts}
        # Money may have been spent: neither a gRPC client nor a mesh may try again by itself.
        assert "-1" == metadata_of(error.trailing_metadata())["grpc-retry-pushback-ms"]


@BOTH
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("no-end", "PROVIDER_STREAM_TRUNCATED"),
        ("truncate@3", "PROVIDER_STREAM_TRUNCATED"),
        ("truncate@3+half-line", "PROVIDER_STREAM_TRUNCATED"),
        ("cut@3", "PROVIDER_STREAM_BROKEN"),
        ("reset@3", "PROVIDER_STREAM_BROKEN"),
    ],
)
async def test_a_cut_stream_is_never_ok(gateway: Gateway, provider: str, fault: str, reason: str) -> None:
    """A stream that ends before the provider's end marker ends in UNAVAILABLE, with what came before."""
    events: list[Any] = []
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await drained(gateway.completion.StreamComplete(request(f"{provider}/{fault}"), timeout=5), events)

    assert (Code.UNAVAILABLE, reason) == (
        failed.value.code(),
        detail(failed.value, error_details_pb2.ErrorInfo).reason,
    )
    assert detail(failed.value, completion_pb2.CompletionFailure).output_sent
    assert not any(event.HasField("completed") for event in events)


@BOTH
async def test_an_answer_cut_in_the_middle_fails(gateway: Gateway, provider: str) -> None:
    """An unstreamed answer shorter than its announced length is no answer."""
    error = await failure_of(gateway.completion.Complete(request(f"{provider}/cut@3"), timeout=5))

    assert Code.UNAVAILABLE == error.code()


@BOTH
@pytest.mark.parametrize("event", [1, 2, 6])
async def test_error_events_inside_a_stream(gateway: Gateway, provider: str, event: int) -> None:
    """An error event inside a 200 stream fails the call, wherever it stands, whatever end marker follows it."""
    call = gateway.completion.StreamComplete(request(f"{provider}/error@{event}+status=529"), timeout=5)
    error = await failure_of(call)

    reason = {"openai": "PROVIDER_ERROR", "anthropic": "PROVIDER_OVERLOADED"}[provider]
    assert (Code.UNAVAILABLE, reason) == (error.code(), detail(error, error_details_pb2.ErrorInfo).reason)


@BOTH
async def test_malformed_event_fails(gateway: Gateway, provider: str) -> None:
    """An event that is not JSON is the provider's bad response."""
    error = await failure_of(gateway.completion.StreamComplete(request(f"{provider}/malformed@4"), timeout=5))

    assert (Code.INTERNAL, "PROVIDER_BAD_RESPONSE") == (
        error.code(),
        detail(error, error_details_pb2.ErrorInfo).reason,
    )


@pytest.mark.parametrize(("header", "seconds"), [("retry-after=7", 7), ("retry-after-ms=1500", 1.5)])
async def test_retry_after_is_told(gateway: Gateway, header: str, seconds: float) -> None:
    """The provider's Retry-After reaches the caller as RetryInfo."""
    error = await failure_of(gateway.completion.Complete(request(f"openai/status=429+{header}"), timeout=5))

    delay = detail(error, error_details_pb2.RetryInfo).retry_delay
    assert seconds == delay.seconds + delay.nanos / 1e9


@BOTH
async def test_words_and_keys_of_a_provider_stay_inside(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str
) -> None:
    """What a provider writes into an error never reaches the caller: it can quote a prompt or a key."""
    secret = "MARKER-sk-secret"
    body = f'{{"error": {{"message": "bad key {secret}", "type": "{secret}", "code": "{secret}"}}}}'.encode()
    for status in (400, 401, 500):
        faults.script("leaky", [Behaviour(status=status, body=body)])
        for call in both_methods(gateway, f"{provider}/leaky"):
            error = await failure_of(call)

            assert secret not in (error.details() or "")
            assert secret.encode() not in raw(error)


async def test_unexpected_exception_leaks_no_text(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, faults: ThreadedFaultProvider
) -> None:
    """A fault of ours is INTERNAL without its words; the log has the traceback under the call id."""

    def explode(*_: object, **__: object) -> bytes:
        """Fail as only a bug does."""
        raise ValueError("MARKER secret sk-123")

    monkeypatch.setattr("llmrpc_server.providers.openai_chat.OpenAIChat.render", explode)
    with structlog.testing.capture_logs() as logs:
        errors = [await failure_of(call) for call in both_methods(gateway, "openai/gpt-4o")]

    for error in errors:
        assert ["INTERNAL"] == _reasons(error)
        assert (Code.INTERNAL, "internal error") == (error.code(), error.details())
        assert b"MARKER" not in raw(error)
        call_id = detail(error, error_details_pb2.ErrorInfo).metadata["call_id"]
        assert [True] == [line["exc_info"] for line in logs if line["event"] != "rpc" and line["call_id"] == call_id]


def _reasons(error: grpc.aio.AioRpcError) -> list[str]:
    attempts = detail(error, completion_pb2.CompletionFailure).accounting.attempts
    return [error_reason_pb2.ErrorReason.Name(a.reason).removeprefix("ERROR_REASON_") for a in attempts]


async def test_own_cancelled_error_still_ends_the_call(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CancelledError that the RPC did not cause gets a status; grpc alone would leave the caller waiting."""

    async def cancelled(*arguments: object) -> Any:
        """Raise what only a cancelled RPC should."""
        if arguments:
            raise asyncio.CancelledError
        yield

    monkeypatch.setattr("llmrpc_server.providers.openai_chat.OpenAIChat.stream", cancelled)
    with structlog.testing.capture_logs():
        errors = [await failure_of(call) for call in both_methods(gateway, "openai/gpt-4o")]

    assert [Code.INTERNAL, Code.INTERNAL] == [error.code() for error in errors]


RAW = {
    "not http": (b"\x00\x01garbage\r\n\r\n", "PROVIDER_BAD_RESPONSE"),
    "bad chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "PROVIDER"),
    "bad length": (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "PROVIDER_BAD_RESPONSE"),
    "redirect": (
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        "PROVIDER_BAD_RESPONSE",
    ),
    "empty": (b"HTTP/1.1 204 No Content\r\n\r\n", "PROVIDER"),
    "bad gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        "PROVIDER_BAD_RESPONSE",
    ),
}


@BOTH
@pytest.mark.parametrize("answer", RAW)
async def test_what_is_no_answer_at_all(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str, answer: str
) -> None:
    """Malformed HTTP, a redirect or an empty answer is the provider's failure, with the attempt in the books."""
    raw_bytes, reason = RAW[answer]
    for number in range(2):
        faults.script(f"raw{number}", [raw_bytes])
        method = (gateway.completion.Complete, gateway.completion.StreamComplete)[number]
        call = method(request(f"{provider}/raw{number}"), timeout=5)
        error = await failure_of(call)

        assert detail(error, error_details_pb2.ErrorInfo).reason.startswith(reason)
        assert detail(error, completion_pb2.CompletionFailure).accounting.attempts


def test_details_fit_into_metadata() -> None:
    """The details of the worst error stay within 4 KB and keep the reason."""
    many = tuple(Violation(f"messages[{number}].role", "must be set " * 10) for number in range(200))
    error: CallError = InvalidRequest("many", violations=many, retry_after=1)
    target = accounting_pb2.Target(provider="p" * 50, model="m" * 200)
    attempts = [accounting_pb2.Attempt(number=number, target=target) for number in range(8)]
    failure = completion_pb2.CompletionFailure(accounting=accounting_pb2.Accounting(attempts=attempts))
    status = status_details(error, "id", failure)

    assert status.ByteSize() <= MAX_DETAILS_BYTES
    assert status.details[0].Is(error_details_pb2.ErrorInfo.DESCRIPTOR)
    assert status.details[2].Is(error_details_pb2.BadRequest.DESCRIPTOR)


async def test_prompts_and_keys_stay_out_of_the_log(
    faults: ThreadedFaultProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """No line of any logger, at any level, holds a prompt or a key."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with running(faulty(faults)) as gateway:
            await gateway.completion.Complete(
                completion_pb2.CompleteRequest(messages=[said(message_pb2.ROLE_USER, "MARKER")]), timeout=5
            )
            await failure_of(gateway.completion.Complete(request("openai/status=401", "MARKER"), timeout=5))

    written = str(logs) + caplog.text
    assert "MARKER" not in written
    assert "sk-test" not in written
