"""Errors instead of an answer: statuses, bodies, and going down for a time."""

import anthropic
import openai
import pytest

from fault_provider import FaultProvider
from faults.wire import ANTHROPIC, OPENAI, PATHS, anthropic_sdk, ask, openai_sdk


@pytest.mark.parametrize(
    ("model", "status", "kind", "code"),
    [
        ("status=401", 401, "invalid_request_error", "invalid_api_key"),
        ("status=429", 429, "tokens", "rate_limit_exceeded"),
        ("code=insufficient_quota", 429, "insufficient_quota", "insufficient_quota"),
        (
            "status=400+code=context_length_exceeded",
            400,
            "invalid_request_error",
            "context_length_exceeded",
        ),
        ("status=500", 500, "server_error", None),
    ],
)
async def test_openai_errors_have_their_shape(
    provider: FaultProvider, model: str, status: int, kind: str, code: str | None
) -> None:
    """An OpenAI error has message, type, param and code that fit the status."""
    raw = await ask(provider, OPENAI, model)

    assert (status, kind, code) == (raw.status, raw.json["error"]["type"], raw.json["error"]["code"])
    assert {"message", "type", "param", "code"} == raw.json["error"].keys()


@pytest.mark.parametrize(
    ("model", "status", "kind", "message"),
    [
        ("status=401", 401, "authentication_error", "invalid x-api-key"),
        ("status=429", 429, "rate_limit_error", "rate limit"),
        ("code=context_length_exceeded", 400, "invalid_request_error", "prompt is too long"),
        ("status=500", 500, "api_error", "Internal server error"),
        ("status=529", 529, "overloaded_error", "Overloaded"),
    ],
)
async def test_anthropic_errors_have_their_shape(
    provider: FaultProvider, model: str, status: int, kind: str, message: str
) -> None:
    """An Anthropic error has a type that fits the status, and the request's id in body and header."""
    raw = await ask(provider, ANTHROPIC, model)

    assert (status, kind) == (raw.status, raw.json["error"]["type"])
    assert message in raw.json["error"]["message"]
    assert f"request-id: {raw.json['request_id']}" in raw.head


async def test_the_sdks_raise_their_own_errors(provider: FaultProvider) -> None:
    """Both SDKs recognise the statuses, and Retry-After arrives."""
    async with openai_sdk(provider) as client:
        with pytest.raises(openai.RateLimitError) as limited:
            await client.chat.completions.create(
                model="status=429+retry-after=7", messages=[{"role": "user", "content": "Hi"}]
            )
    async with anthropic_sdk(provider) as other:
        with pytest.raises(anthropic.APIStatusError) as overloaded:
            await other.messages.create(model="status=529", max_tokens=5, messages=[{"role": "user", "content": "Hi"}])

    assert "7" == limited.value.response.headers["retry-after"]
    assert 529 == overloaded.value.status_code


@PATHS
async def test_html_as_from_a_proxy(provider: FaultProvider, path: str) -> None:
    """`html` answers a page that is not JSON."""
    raw = await ask(provider, path, "status=503+html")

    assert (503, True) == (raw.status, raw.sent.startswith(b"<html>"))
    assert "content-type: text/html" in raw.head


@PATHS
async def test_flap_goes_up_after_its_time(provider: FaultProvider, path: str) -> None:
    """`flap` is down from the model's first request on, then up."""
    model = "flap=80ms/1m"
    statuses = [(await ask(provider, path, model)).status]
    while statuses[-1] != 200:
        statuses.append((await ask(provider, path, model)).status)

    first, *_, last = provider.attempts
    assert 503 == statuses[0]
    assert last.headers_ms is not None
    assert 80 <= last.headers_ms - first.received_ms
