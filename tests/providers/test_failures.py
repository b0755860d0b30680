"""What a provider's failure means: its status, its codes, its words."""

from typing import Any

import pytest

from llmrpc_server import errors
from llmrpc_server.providers.failures import Failure, request_id, to_error

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
        (408, errors.ProviderRequestTimeout),
        (409, errors.ProviderConflict),
        (410, errors.ProviderModelNotFound),
        (412, errors.ProviderQuotaExhausted),
        (413, errors.ProviderRequestTooLarge),
        (418, errors.ProviderInvalidRequest),
        (421, errors.ProviderUnavailable),
        (422, errors.ProviderInvalidRequest),
        (423, errors.ProviderConflict),
        (424, errors.ProviderFailed),
        (425, errors.ProviderUnavailable),
        (429, errors.ProviderRateLimited),
        (451, errors.ProviderPermission),
        (498, errors.ProviderCredentials),
        (499, errors.ProviderFailed),
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
        (400, openai("Arrearage", "Arrearage"), errors.ProviderQuotaExhausted),
        (403, openai("AllocationQuota.FreeTierOnly", None), errors.ProviderQuotaExhausted),
        (429, openai(None, "exceeded_current_quota_error"), errors.ProviderQuotaExhausted),
        (400, openai("model_decommissioned"), errors.ProviderModelNotFound),
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
        (0, openai("too_many_requests", "too_many_requests"), errors.ProviderRateLimited),
        (401, openai("context_length_exceeded"), errors.ProviderCredentials),
        (500, openai("rate_limit_exceeded", message="prompt is too long"), errors.ProviderFailed),
        (529, anthropic("overloaded_error"), errors.ProviderOverloaded),
        (413, anthropic("request_too_large"), errors.ProviderRequestTooLarge),
        (404, anthropic("not_found_error"), errors.ProviderModelNotFound),
        (0, {"type": "overloaded_error"}, errors.ProviderOverloaded),
        (0, {"code": "server_is_overloaded", "message": MARKER}, errors.ProviderOverloaded),
        (0, {"code": "slow_down", "message": MARKER}, errors.ProviderOverloaded),
        (0, openai("cyber_policy"), errors.ContentPolicy),
        (429, openai(None, "engine_overloaded_error"), errors.ProviderOverloaded),
        (0, {"type": "rate_limit_error"}, errors.ProviderRateLimited),
        (0, {"type": "api_error"}, errors.ProviderFailed),
        (0, {"type": "timeout_error"}, errors.ProviderTimeout),
        (0, {"type": "authentication_error"}, errors.ProviderCredentials),
        (0, {"code": "server_error", "type": "server_error"}, errors.ProviderFailed),
        (0, {"code": 502, "message": MARKER}, errors.ProviderUnavailable),
        (0, {"code": 524, "message": MARKER}, errors.ProviderTimeout),
        (0, {"code": "context_length_exceeded"}, errors.ContextLengthExceeded),
        (0, {"code": "x", "type": "invalid_request_error", "status_code": 400}, errors.ProviderInvalidRequest),
        (0, {"type": "invalid_request_error"}, errors.ProviderInvalidRequest),
        (0, {"code": "invalid_image"}, errors.ProviderInvalidRequest),
        (0, {"code": "503"}, errors.ProviderUnavailable),
        (0, {"code": 200, "status": 429}, errors.ProviderRateLimited),
        (0, {"code": True}, errors.ProviderFailed),
        (400, {"type": "api_error"}, errors.ProviderInvalidRequest),
    ],
)
def test_the_body_decides(status: int, body: Any, expected: type[errors.ProviderError]) -> None:
    """Where a status stands for several things, the provider's code decides, then its type, then its words."""
    assert expected is type(to_error(Failure("groq", status, {}, body)))


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, "Your credit balance is too low to access the API.", errors.ProviderQuotaExhausted),
        (
            400,
            "You have reached your specified API usage limits. You will regain access.",
            errors.ProviderQuotaExhausted,
        ),
        (400, "This organization has been disabled.", errors.ProviderCredentials),
        (429, "Insufficient balance or no resource package.", errors.ProviderQuotaExhausted),
        (403, "Your team has used all available credits.", errors.ProviderQuotaExhausted),
        (400, "Incorrect API key provided.", errors.ProviderCredentials),
        (400, "API key not valid. Please pass a valid API key.", errors.ProviderCredentials),
        (400, "API key expired. Please renew the API key.", errors.ProviderCredentials),
        (400, "User location is not supported for the API use.", errors.ProviderPermission),
        (400, "library/x does not support tools", errors.ProviderUnsupported),
        (400, "Model Not Exist", errors.ProviderModelNotFound),
        (400, "acme/x is not a valid model ID", errors.ProviderModelNotFound),
        (400, "Output blocked by content filtering policy", errors.ContentPolicy),
        (400, "The prompt triggered the service's content management policy.", errors.ContentPolicy),
        (400, "Content Exists Risk", errors.ContentPolicy),
        (400, "System detected potentially unsafe or sensitive content in input.", errors.ContentPolicy),
        (403, "Content violates usage guidelines.", errors.ContentPolicy),
        (403, "Your chosen model requires moderation and your input was flagged", errors.ContentPolicy),
        (400, "input length and `max_tokens` exceed context limit: 9 + 9 > 9", errors.ContextLengthExceeded),
        (
            400,
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            errors.ContextLengthExceeded,
        ),
        (400, "This model's maximum prompt length is 8 but the request contains 9.", errors.ContextLengthExceeded),
        (400, "Range of input length should be [1, 8]", errors.ContextLengthExceeded),
        (400, "too many tokens: size limit exceeded by 1 tokens.", errors.ContextLengthExceeded),
        (400, "Invalid request: Your request exceeded model token limit: 8", errors.ContextLengthExceeded),
        (400, "Prompt exceeds max length", errors.ContextLengthExceeded),
        (400, "Input is too long for requested model.", errors.ContextLengthExceeded),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 8. Given: 9", errors.ContextLengthExceeded),
        (
            422,
            "Prompt contains 9 tokens, too large for model with 8 maximum context length",
            errors.ContextLengthExceeded,
        ),
        (400, "prompt too long; exceeded max context length by 9 tokens", errors.ContextLengthExceeded),
        (0, "Your input exceeds the context window of this model.", errors.ContextLengthExceeded),
        # A rate can be of tokens as well, and far behind a long text stands what was quoted.
        (429, "Too many tokens, please wait.", errors.ProviderRateLimited),
        (400, f"Invalid text: {'x' * 2000} context length", errors.ProviderInvalidRequest),
    ],
)
def test_the_words_decide(status: int, message: str, expected: type[errors.ProviderError]) -> None:
    """Where neither code nor type tells, the words that a vendor is known for do, wherever they stand."""
    bodies: list[Any] = [
        openai(None, message=message),
        {"error": message},
        {"code": "Client specified an invalid argument", "error": message},
        {"message": message},
        {"detail": message},
        {"detail": [{"loc": ["body"], "msg": message, "type": "value_error"}]},
        {"detail": {"message": message}},
        {"error": {"message": "Provider returned error", "code": status, "metadata": {"raw": message}}},
        [{"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}],
    ]
    for body in bodies:
        assert expected is type(to_error(Failure("groq", status, {}, body))), body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error_type": "TOO_MANY_TOKENS", "id": "1", "message": "x"}, errors.ContextLengthExceeded),
        ({"error": {"message": "x", "type": "too_many_prompt_tokens", "code": 400}}, errors.ContextLengthExceeded),
        ({"error": {"code": "Content_Filter", "innererror": {}}}, errors.ContentPolicy),
        ({"object": "error", "message": "Invalid model: x", "type": "invalid_model"}, errors.ProviderModelNotFound),
        # Deep, and wide.
        ({"error": [[[MARKER]]], "detail": {"a": {"b": MARKER}}}, errors.ProviderInvalidRequest),
        ({"detail": [{"msg": "x"}] * 10_000}, errors.ProviderInvalidRequest),
        ([{}, {"error": {"code": "insufficient_quota"}}], errors.ProviderInvalidRequest),
    ],
)
def test_other_shapes(body: Any, expected: type[errors.ProviderError]) -> None:
    """Each vendor has a place of its own for what it says."""
    assert expected is type(to_error(Failure("groq", 400, {}, body)))


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
