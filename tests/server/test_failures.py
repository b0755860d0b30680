"""What a provider's failure means: status by body, and how long to wait."""

import email.utils
import time
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from gateway import Gateway, request
from llmrpc_server import errors
from llmrpc_server.providers.failures import MAX_RETRY_AFTER_SECONDS, Failure, request_id, to_error

MARKER = "sk-marker and the prompt"


def openai(code: Any = None, kind: Any = "invalid_request_error", message: Any = MARKER) -> dict[str, Any]:
    """Write an error as OpenAI does."""
    return {"error": {"message": message, "type": kind, "param": MARKER, "code": code}}


def anthropic(kind: str, message: str = MARKER) -> dict[str, Any]:
    """Write an error as Anthropic does."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": MARKER}


SILENT_BODIES: list[Any] = [
    None,
    "",
    f"<html><h1>502 {MARKER}</h1></html>",
    [],
    [{"error": MARKER}],
    17,
    True,
    {},
    {"error": None},
    {"error": MARKER},
    {"error": [MARKER]},
    {"error": {}},
    {"error": {"message": None, "type": None, "code": None}},
    {"error": {"message": [MARKER], "type": {MARKER: 1}, "code": [MARKER]}},
    {"detail": MARKER},
    {"message": MARKER},
    openai("a_code_of_the_future", "a_type_of_the_future"),
    anthropic("a_type_of_the_future"),
]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.ProviderInvalidRequest),
        (401, errors.ProviderCredentials),
        (402, errors.ProviderQuotaExhausted),
        (403, errors.ProviderPermission),
        (404, errors.ProviderModelNotFound),
        (405, errors.ProviderUnsupported),
        (408, errors.ProviderTimeout),
        (409, errors.ProviderConflict),
        (413, errors.ProviderRequestTooLarge),
        (418, errors.ProviderInvalidRequest),
        (422, errors.ProviderInvalidRequest),
        (429, errors.ProviderRateLimited),
        (498, errors.ProviderCredentials),
        (500, errors.ProviderFailed),
        (501, errors.ProviderUnsupported),
        (502, errors.ProviderUnavailable),
        (503, errors.ProviderUnavailable),
        (504, errors.ProviderTimeout),
        (524, errors.ProviderTimeout),
        (529, errors.ProviderOverloaded),
        (599, errors.ProviderFailed),
        (302, errors.ProviderBadResponse),
        (0, errors.ProviderFailed),
    ],
)
def test_the_status_decides(status: int, expected: type[errors.ProviderError]) -> None:
    """Where the body says nothing that is known, whatever it is, the status decides."""
    for body in SILENT_BODIES:
        error = to_error(Failure("groq", status, {}, body))

        assert (expected, status) == (type(error), error.http_status), body


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, openai("context_length_exceeded"), errors.ContextLengthExceeded),
        (400, openai(None, message="This model's maximum context length is 9 tokens."), errors.ContextLengthExceeded),
        (400, openai(400, None, "This endpoint's maximum context length is 9."), errors.ContextLengthExceeded),
        (400, openai(400, "too_many_prompt_tokens", "too long"), errors.ContextLengthExceeded),
        (400, anthropic("invalid_request_error", "prompt is too long: 9 > 8"), errors.ContextLengthExceeded),
        (422, openai("string_above_max_length"), errors.ContextLengthExceeded),
        (400, {"code": 400, "message": "exceeds", "type": "exceed_context_size_error"}, errors.ContextLengthExceeded),
        (400, openai("content_policy_violation"), errors.ContentPolicy),
        (400, openai("content_filter", None), errors.ContentPolicy),
        (400, openai("model_not_found"), errors.ProviderModelNotFound),
        (400, anthropic("billing_error"), errors.ProviderQuotaExhausted),
        (400, openai("billing_hard_limit_reached"), errors.ProviderQuotaExhausted),
        (400, openai(429), errors.ProviderRateLimited),
        (400, openai(400), errors.ProviderInvalidRequest),
        (400, openai(999), errors.ProviderInvalidRequest),
        (400, openai("invalid_api_key"), errors.ProviderCredentials),
        (403, openai("model_not_found"), errors.ProviderModelNotFound),
        (403, anthropic("permission_error"), errors.ProviderPermission),
        (429, openai("insufficient_quota", "insufficient_quota"), errors.ProviderQuotaExhausted),
        (429, openai(None, "insufficient_quota"), errors.ProviderQuotaExhausted),
        (429, openai("rate_limit_exceeded", "requests"), errors.ProviderRateLimited),
        (429, anthropic("rate_limit_error"), errors.ProviderRateLimited),
        (401, openai("context_length_exceeded"), errors.ProviderCredentials),
        (500, openai("rate_limit_exceeded", message="prompt is too long"), errors.ProviderFailed),
        (529, anthropic("overloaded_error"), errors.ProviderOverloaded),
        (413, anthropic("request_too_large"), errors.ProviderRequestTooLarge),
        (404, anthropic("not_found_error"), errors.ProviderModelNotFound),
        (0, {"type": "overloaded_error"}, errors.ProviderOverloaded),
        (0, {"type": "rate_limit_error"}, errors.ProviderRateLimited),
        (0, {"type": "api_error"}, errors.ProviderFailed),
        (0, {"type": "timeout_error"}, errors.ProviderTimeout),
        (0, {"type": "authentication_error"}, errors.ProviderCredentials),
        (0, {"code": "server_error", "type": "server_error"}, errors.ProviderFailed),
        (0, {"code": 502, "message": MARKER}, errors.ProviderUnavailable),
        (0, {"code": 524, "message": MARKER}, errors.ProviderTimeout),
        (0, {"code": "context_length_exceeded"}, errors.ContextLengthExceeded),
    ],
)
def test_the_body_decides(status: int, body: Any, expected: type[errors.ProviderError]) -> None:
    """Where a status stands for several things, the provider's code decides, then its type, then its words."""
    assert expected is type(to_error(Failure("groq", status, {}, body)))


@pytest.mark.parametrize("status", [0, 400, 401, 429, 500, 503])
def test_a_provider_is_not_quoted(status: int) -> None:
    """Of what a provider says nothing but its status and its request id leaves: its words can quote prompt or key."""
    body = openai(MARKER, MARKER)
    headers = {"x-request-id": "req_1", "www-authenticate": MARKER, "retry-after": MARKER}

    error = to_error(Failure("groq", status, headers, body))

    assert "marker" not in f"{error!r} {error} {error.message} {vars(error)}"
    assert error.message.startswith("groq answered HTTP" if status else "groq reported an error")


def test_messages() -> None:
    """A message names the provider, the status and what it means."""
    assert "groq answered HTTP 529: provider overloaded" == to_error(Failure("groq", 529, {})).message
    assert (
        "groq reported an error: context length exceeded"
        == to_error(Failure("groq", 0, {}, openai("context_length_exceeded"))).message
    )


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


def test_a_date_to_wait_for() -> None:
    """A date is as many seconds away as it is."""
    date = email.utils.formatdate(time.time() + 60, usegmt=True)

    wait = to_error(Failure("groq", 503, {"retry-after": date})).retry_after

    assert wait is not None
    assert 30 < wait <= 60


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-request-id": "a"}, "a"),
        ({"request-id": "b"}, "b"),
        ({"x-request-id": "a", "request-id": "b"}, "a"),
        ({"x-request-id": "", "request-id": "b"}, "b"),
        ({}, ""),
    ],
)
def test_request_ids(headers: dict[str, str], expected: str) -> None:
    """The vendor's own id is found under either name."""
    assert expected == request_id(headers)
    assert expected == to_error(Failure("groq", 500, headers)).request_id


async def test_a_wait_without_end_arrives(gateway: Gateway) -> None:
    """A wait beyond all measure reaches the caller as the longest that there is."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(request("openai/status=429+retry-after=1e300"), timeout=5)

    assert grpc.StatusCode.RESOURCE_EXHAUSTED == failed.value.code()
    assert MAX_RETRY_AFTER_SECONDS == detail(failed.value, error_details_pb2.RetryInfo).retry_delay.ToSeconds()
