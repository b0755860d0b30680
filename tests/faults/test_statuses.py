"""Errors instead of an answer: statuses, bodies, and going down for a time."""

import anthropic
import openai
import pytest

from fault_provider import FaultProvider
from faults.wire import ALL, ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, anthropic_sdk, ask, openai_sdk


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


@pytest.mark.parametrize(
    ("model", "status", "message", "kind"),
    [
        ("status=401", 401, "Incorrect API key provided", None),
        ("status=429", 429, "You are past the per minute request limit", None),
        ("code=context_length_exceeded", 400, "too many tokens: ", "TOO_MANY_TOKENS"),
        ("status=500", 500, "internal server error", None),
    ],
)
async def test_cohere_errors_have_their_shape(
    provider: FaultProvider, model: str, status: int, message: str, kind: str | None
) -> None:
    """A Cohere error has an id and words; few have a type."""
    raw = await ask(provider, COHERE, model)

    assert (status, kind, True) == (raw.status, raw.json.get("error_type"), raw.json["message"].startswith(message))
    assert {"id", "message"} == raw.json.keys() - {"error_type"}


@pytest.mark.parametrize(
    ("code", "statuses", "words"),
    [
        (
            "context_length_exceeded",
            (400, 400, 400, 400),
            ("maximum context length", "exceeds the context window", "prompt is too long: ", "too many tokens: "),
        ),
        ("content_filter", (400, 400, 400, 400), ("filtered", "filtered", "content filtering", "blocked output")),
        ("content_policy_violation", (400, 400, 400, 400), ("safety", "safety", "content filtering", "blocked output")),
        (
            "insufficient_quota",
            (429, 429, 400, 402),
            ("current quota", "current quota", "Your credit balance is too low", "billing limit"),
        ),
        ("invalid_api_key", (401,) * 4, ("Incorrect API key", "Incorrect API key", "x-api-key", "Incorrect API key")),
        ("model_not_found", (404,) * 4, ("does not exist", "does not exist", "model: ", "model not found")),
        ("overloaded", (503, 503, 529, 503), ("overloaded", "overloaded", "Overloaded", "unavailable")),
    ],
)
async def test_usual_codes(
    provider: FaultProvider, code: str, statuses: tuple[int, ...], words: tuple[str, ...]
) -> None:
    """A code has each wire format's own status and words; where the wire format has codes, it is the code."""
    for path, status, said in zip(ALL, statuses, words, strict=True):
        raw = await ask(provider, path, f"code={code}")
        assert (status, True) == (raw.status, said in raw.body.decode())
        assert (code if path in (OPENAI, RESPONSES) else None) == raw.json.get("error", {}).get("code")


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
