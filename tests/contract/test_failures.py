"""How every provider in the registry fails: the same fault has the same code and reason from all of them."""

import grpc
import pytest
from google.rpc import error_details_pb2

from contract.asking import Ask, streamed, whole
from contract.cases import ask
from contract.targets import KINDS
from details import detail, drained
from gateway import Gateway
from llmrpc.v1 import completion_pb2

EVERY = pytest.mark.parametrize("kind", KINDS)
BOTH = pytest.mark.parametrize("asked", [whole, streamed])
Code = grpc.StatusCode
# What a failure means for the next attempt is told in tests/survival.
ONCE = completion_pb2.RoutingPolicy(max_attempts=1)


async def failure(gateway: Gateway, model: str, asked: Ask) -> grpc.aio.AioRpcError:
    """Ask once, and return the failure."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await asked(gateway, ask("Hi", model=model, routing=ONCE))
    return failed.value


@EVERY
@BOTH
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("status=400", (Code.INVALID_ARGUMENT, "PROVIDER_INVALID_REQUEST")),
        ("status=401", (Code.INTERNAL, "PROVIDER_CREDENTIALS")),
        ("status=402", (Code.RESOURCE_EXHAUSTED, "PROVIDER_QUOTA_EXHAUSTED")),
        ("status=403", (Code.INTERNAL, "PROVIDER_PERMISSION")),
        ("status=404", (Code.NOT_FOUND, "MODEL_NOT_FOUND")),
        ("status=408", (Code.UNAVAILABLE, "PROVIDER_TIMEOUT")),
        ("status=409", (Code.ABORTED, "PROVIDER_CONFLICT")),
        ("status=413", (Code.INVALID_ARGUMENT, "REQUEST_TOO_LARGE")),
        ("status=422", (Code.INVALID_ARGUMENT, "PROVIDER_INVALID_REQUEST")),
        ("status=429", (Code.RESOURCE_EXHAUSTED, "PROVIDER_RATE_LIMITED")),
        ("status=498", (Code.INTERNAL, "PROVIDER_CREDENTIALS")),
        ("status=500", (Code.UNAVAILABLE, "PROVIDER_ERROR")),
        ("status=501", (Code.UNIMPLEMENTED, "PROVIDER_UNSUPPORTED")),
        ("status=502", (Code.UNAVAILABLE, "PROVIDER_UNAVAILABLE")),
        ("status=503", (Code.UNAVAILABLE, "PROVIDER_UNAVAILABLE")),
        ("status=504", (Code.UNAVAILABLE, "PROVIDER_TIMEOUT")),
        ("status=529", (Code.UNAVAILABLE, "PROVIDER_OVERLOADED")),
        ("status=503+html", (Code.UNAVAILABLE, "PROVIDER_UNAVAILABLE")),
        ("code=context_length_exceeded", (Code.INVALID_ARGUMENT, "CONTEXT_LENGTH_EXCEEDED")),
        ("code=content_filter", (Code.INVALID_ARGUMENT, "CONTENT_POLICY")),
        ("code=insufficient_quota", (Code.RESOURCE_EXHAUSTED, "PROVIDER_QUOTA_EXHAUSTED")),
        ("code=invalid_api_key", (Code.INTERNAL, "PROVIDER_CREDENTIALS")),
        ("code=model_not_found", (Code.NOT_FOUND, "MODEL_NOT_FOUND")),
        ("reset", (Code.UNAVAILABLE, "PROVIDER_CONNECTION")),
        ("close", (Code.UNAVAILABLE, "PROVIDER_CONNECTION")),
        ("status=200+html", (Code.INTERNAL, "PROVIDER_BAD_RESPONSE")),
    ],
)
async def test_before_output(
    gateway: Gateway, kind: str, asked: Ask, fault: str, expected: tuple[grpc.StatusCode, str]
) -> None:
    """A failure means the same whoever reports it, in whichever shape."""
    error = await failure(gateway, f"{kind}/{fault}", asked)

    assert expected == (error.code(), detail(error, error_details_pb2.ErrorInfo).reason)


@EVERY
@BOTH
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("retry-after=7", 7.0), ("retry-after-ms=70", 0.07), ("retry-after=Fri, 31 Dec 2999 23:59:59 GMT", 3600.0)],
)
async def test_when_to_come_back(gateway: Gateway, kind: str, asked: Ask, header: str, seconds: float) -> None:
    """What the provider says of waiting arrives as RetryInfo: seconds, a date or milliseconds."""
    error = await failure(gateway, f"{kind}/status=429+{header}", asked)

    assert seconds == detail(error, error_details_pb2.RetryInfo).retry_delay.ToTimedelta().total_seconds()


@EVERY
async def test_when_to_come_back_from_a_stream(gateway: Gateway, kind: str) -> None:
    """Where an event tells of a limit, the head of the stream that it stands in may tell how long to wait."""
    error = await failure(gateway, f"{kind}/error@1+status=429+retry-after=7", streamed)

    assert Code.RESOURCE_EXHAUSTED == error.code()
    assert 7 == detail(error, error_details_pb2.RetryInfo).retry_delay.ToSeconds()


@EVERY
@pytest.mark.parametrize("position", [1, 2, 5])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status=529", Code.UNAVAILABLE),
        ("status=500", Code.UNAVAILABLE),
        ("status=429", Code.RESOURCE_EXHAUSTED),
    ],
)
async def test_an_error_in_a_stream(
    gateway: Gateway, kind: str, position: int, fault: str, code: grpc.StatusCode
) -> None:
    """An error event in a stream that began with 200 fails the call, wherever it stands."""
    error = await failure(gateway, f"{kind}/error@{position}+{fault}", streamed)

    assert code == error.code()


@EVERY
@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("cut@3", Code.UNAVAILABLE, "PROVIDER_STREAM_BROKEN"),
        ("reset@3", Code.UNAVAILABLE, "PROVIDER_STREAM_BROKEN"),
        ("truncate@3", Code.UNAVAILABLE, "PROVIDER_STREAM_TRUNCATED"),
        ("truncate@3+half-line", Code.UNAVAILABLE, "PROVIDER_STREAM_TRUNCATED"),
        ("no-end", Code.UNAVAILABLE, "PROVIDER_STREAM_TRUNCATED"),
        ("malformed@4", Code.INTERNAL, "PROVIDER_BAD_RESPONSE"),
    ],
)
async def test_a_stream_that_breaks(
    gateway: Gateway, kind: str, fault: str, code: grpc.StatusCode, reason: str
) -> None:
    """An answer without its end never ends with OK; what came before it was passed on."""
    events: list[completion_pb2.StreamCompleteResponse] = []
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await drained(
            gateway.completion.StreamComplete(ask("Hi", model=f"{kind}/{fault}", routing=ONCE), timeout=10), events
        )

    assert (code, reason) == (failed.value.code(), detail(failed.value, error_details_pb2.ErrorInfo).reason)
    assert "completed" not in {event.WhichOneof("event") for event in events}


@EVERY
@pytest.mark.parametrize("fault", ["cut@3", "reset@3", "truncate@3", "malformed@1"])
async def test_a_whole_answer_that_breaks(gateway: Gateway, kind: str, fault: str) -> None:
    """Half an unstreamed answer is none."""
    error = await failure(gateway, f"{kind}/{fault}", whole)

    expected = {"PROVIDER_STREAM_BROKEN", "PROVIDER_CONNECTION", "PROVIDER_BAD_RESPONSE"}
    assert detail(error, error_details_pb2.ErrorInfo).reason in expected
