"""How long a provider asks to wait before the next try."""

import email.utils
import time
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from gateway import Gateway, request
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.retry_after import MAX_RETRY_AFTER_SECONDS


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e300"}, MAX_RETRY_AFTER_SECONDS),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "99999999999"}, MAX_RETRY_AFTER_SECONDS),
        ({"retry-after-ms": "70"}, 0.07),
        ({"retry-after-ms": "-70"}, 0.0),
        ({"retry-after-ms": "1e300"}, MAX_RETRY_AFTER_SECONDS),
        ({"retry-after-ms": "70", "retry-after": "9"}, 0.07),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "inf", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "0", "retry-after": "1"}, 1.0),
        ({"retry-after": "Wed, 21 Oct 1998 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 9998 07:28:00 GMT"}, MAX_RETRY_AFTER_SECONDS),
        ({"retry-after": "Wed, 99 Oct 99999 07:28:00 GMT"}, None),
        ({"retry-after": "Mon, 1 Jan 999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Foo 2026 07:28:00 GMT"}, None),
        ({"retry-after": "x" * 100_000}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    """Seconds, milliseconds or a date; what makes no sense is as good as nothing, and a day is the most."""
    assert expected == to_error(Failure("groq", 429, headers)).retry_after


@pytest.mark.parametrize(
    ("headers", "details", "expected"),
    [
        ({}, [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}], 34.5),
        ({}, [{"@type": "x"}, {"retryDelay": "34s"}], 34.0),
        ({"retry-after": "7"}, [{"retryDelay": "34s"}], 7.0),
        ({}, [{"retryDelay": "soon"}], None),
        ({}, [{"retryDelay": "34"}], None),
        ({}, [{"retryDelay": 34}, None, 7], None),
        ({}, "x", None),
    ],
)
def test_how_long_gemini_says_to_wait(headers: dict[str, str], details: Any, expected: float | None) -> None:
    """Without a header the body can tell."""
    body = [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}}]

    assert expected == to_error(Failure("gemini", 429, headers, body)).retry_after


def test_a_date_to_wait_for() -> None:
    """A date is as many seconds away as it is."""
    date = email.utils.formatdate(time.time() + 60, usegmt=True)

    wait = to_error(Failure("groq", 503, {"retry-after": date})).retry_after

    assert wait is not None
    assert 30 < wait <= 60


async def test_a_wait_without_end_arrives(gateway: Gateway) -> None:
    """A wait beyond all measure reaches the caller as the longest that there is."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(request("openai/status=429+retry-after=1e300"), timeout=5)

    assert grpc.StatusCode.RESOURCE_EXHAUSTED == failed.value.code()
    assert MAX_RETRY_AFTER_SECONDS == detail(failed.value, error_details_pb2.RetryInfo).retry_delay.ToSeconds()
