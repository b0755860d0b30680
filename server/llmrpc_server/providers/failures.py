"""What a provider's failure means: by HTTP status first, by its own error codes where the status leaves it open.

One table for all wire formats. The words of a provider stay out of our messages: they can quote a prompt or a key.
"""

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmrpc_server import errors
from llmrpc_server.errors import ProviderError

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: errors.ProviderInvalidRequest,
    401: errors.ProviderCredentials,
    402: errors.ProviderQuotaExhausted,
    403: errors.ProviderPermission,
    404: errors.ProviderModelNotFound,
    405: errors.ProviderUnsupported,
    408: errors.ProviderTimeout,
    409: errors.ProviderConflict,
    413: errors.ProviderRequestTooLarge,
    422: errors.ProviderInvalidRequest,
    429: errors.ProviderRateLimited,
    498: errors.ProviderCredentials,
    500: errors.ProviderFailed,
    501: errors.ProviderUnsupported,
    502: errors.ProviderUnavailable,
    503: errors.ProviderUnavailable,
    504: errors.ProviderTimeout,
    524: errors.ProviderTimeout,
    529: errors.ProviderOverloaded,
}

_REDIRECTS = range(300, 400)
_CLIENT_ERRORS = range(400, 500)
# A longer one would crowd out the rest of an error's details.
MAX_REQUEST_ID = 256

# What providers say goes into messages of ours, whose durations have an end.
MAX_RETRY_AFTER_SECONDS = 86400.0

# A provider's own code or type, where it says more than the status or where there is no status (an error event).
_BY_CODE: dict[str, type[ProviderError]] = {
    "context_length_exceeded": errors.ContextLengthExceeded,
    "string_above_max_length": errors.ContextLengthExceeded,
    "exceed_context_size_error": errors.ContextLengthExceeded,
    "too_many_prompt_tokens": errors.ContextLengthExceeded,
    "content_policy_violation": errors.ContentPolicy,
    "content_filter": errors.ContentPolicy,
    "insufficient_quota": errors.ProviderQuotaExhausted,
    "billing_error": errors.ProviderQuotaExhausted,
    "billing_hard_limit_reached": errors.ProviderQuotaExhausted,
    "invalid_api_key": errors.ProviderCredentials,
    "authentication_error": errors.ProviderCredentials,
    "permission_error": errors.ProviderPermission,
    "model_not_found": errors.ProviderModelNotFound,
    "not_found_error": errors.ProviderModelNotFound,
    "request_too_large": errors.ProviderRequestTooLarge,
    "rate_limit_error": errors.ProviderRateLimited,
    "rate_limit_exceeded": errors.ProviderRateLimited,
    "overloaded_error": errors.ProviderOverloaded,
    "timeout_error": errors.ProviderTimeout,
    "server_error": errors.ProviderFailed,
    "api_error": errors.ProviderFailed,
    "internal_error": errors.ProviderFailed,
}

# These statuses stand for several things; there the code decides.
_OPEN_STATUSES = frozenset({0, 400, 403, 422, 429})

# Anthropic tells of a long prompt in words alone, with the type invalid_request_error.
_LONG_PROMPT = ("prompt is too long", "context length", "context window", "maximum context")


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a failed request.

    Attributes:
        status: HTTP; 0 for an error event in a stream.
        body: The error's object, decoded; None where there is none, or it was not JSON.
    """

    provider: str
    status: int
    headers: Mapping[str, str]
    body: Any = None


def to_error(failure: Failure) -> ProviderError:
    """Make the error that the failure means."""
    detail = _detail(failure.body)
    kind = _classify(failure.status, detail)
    said = f"answered HTTP {failure.status}" if failure.status else "reported an error"
    reason = errors.Reason.Name(kind.reason).removeprefix("ERROR_REASON_").replace("_", " ").lower()
    return kind(
        f"{failure.provider} {said}: {reason}",
        retry_after=_retry_after(failure.headers),
        http_status=failure.status,
        request_id=request_id(failure.headers),
    )


def request_id(headers: Mapping[str, str]) -> str:
    """Read the vendor's own id for a request; empty where it gives none."""
    return (headers.get("x-request-id") or headers.get("request-id", ""))[:MAX_REQUEST_ID]


def _detail(body: Any) -> Mapping[str, Any]:
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            return inner
    return {}


def _classify(status: int, detail: Mapping[str, Any]) -> type[ProviderError]:
    if status in _OPEN_STATUSES:
        code = detail.get("code")
        for name in (code, detail.get("type")):
            if isinstance(name, str) and name in _BY_CODE:
                return _BY_CODE[name]
        words = str(detail.get("message", "")).lower()
        if any(phrase in words for phrase in _LONG_PROMPT):
            return errors.ContextLengthExceeded
        # Some repeat the status as their code, or tell it in a stream's error event.
        if isinstance(code, int) and code in _BY_STATUS:
            return _BY_STATUS[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in _REDIRECTS:
        return errors.ProviderBadResponse
    return errors.ProviderInvalidRequest if status in _CLIENT_ERRORS else errors.ProviderFailed


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait, in seconds: `retry-after-ms`, else `retry-after` in seconds or as a date."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    text = headers.get("retry-after", "")
    seconds = _until(text) if (number := _number(text)) is None else number
    wait = seconds if milliseconds is None else milliseconds / 1000
    return None if wait is None else min(max(wait, 0.0), MAX_RETRY_AFTER_SECONDS)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until(text: str) -> float | None:
    date = email.utils.parsedate_tz(text)
    try:
        return None if date is None else email.utils.mktime_tz(date) - time.time()
    except (ValueError, OverflowError):  # there is no such day
        return None
