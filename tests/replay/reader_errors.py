"""The error that a provider reports, as the API's table of errors has it."""

import re
from collections.abc import Mapping
from typing import Any

from replay.reading import Failure

_CODES = {
    "PROVIDER_INVALID_REQUEST": "INVALID_ARGUMENT",
    "CONTEXT_LENGTH_EXCEEDED": "INVALID_ARGUMENT",
    "CONTENT_POLICY": "INVALID_ARGUMENT",
    "REQUEST_TOO_LARGE": "INVALID_ARGUMENT",
    "MODEL_NOT_FOUND": "NOT_FOUND",
    "PROVIDER_CREDENTIALS": "INTERNAL",
    "PROVIDER_PERMISSION": "INTERNAL",
    "PROVIDER_BAD_RESPONSE": "INTERNAL",
    "PROVIDER_QUOTA_EXHAUSTED": "RESOURCE_EXHAUSTED",
    "PROVIDER_RATE_LIMITED": "RESOURCE_EXHAUSTED",
    "PROVIDER_OVERLOADED": "UNAVAILABLE",
    "PROVIDER_ERROR": "UNAVAILABLE",
    "PROVIDER_UNAVAILABLE": "UNAVAILABLE",
    "PROVIDER_TIMEOUT": "UNAVAILABLE",
    "PROVIDER_STREAM_TRUNCATED": "UNAVAILABLE",
}

_STATUSES = {
    400: "PROVIDER_INVALID_REQUEST",
    401: "PROVIDER_CREDENTIALS",
    402: "PROVIDER_QUOTA_EXHAUSTED",
    403: "PROVIDER_PERMISSION",
    404: "MODEL_NOT_FOUND",
    408: "PROVIDER_TIMEOUT",
    413: "REQUEST_TOO_LARGE",
    422: "PROVIDER_INVALID_REQUEST",
    429: "PROVIDER_RATE_LIMITED",
    500: "PROVIDER_ERROR",
    502: "PROVIDER_UNAVAILABLE",
    503: "PROVIDER_UNAVAILABLE",
    504: "PROVIDER_TIMEOUT",
    524: "PROVIDER_TIMEOUT",
    529: "PROVIDER_OVERLOADED",
}

# What a code or a type says; the first that fits holds.
_WORDS = (
    (r"context_length|too_many_(prompt_)?tokens", "CONTEXT_LENGTH_EXCEEDED"),
    (r"content_(policy|filter)", "CONTENT_POLICY"),
    (r"quota|billing", "PROVIDER_QUOTA_EXHAUSTED"),
    (r"api_key|authentication", "PROVIDER_CREDENTIALS"),
    (r"overloaded", "PROVIDER_OVERLOADED"),
    (r"rate_?limit", "PROVIDER_RATE_LIMITED"),
    (r"server_error|api_error|internal", "PROVIDER_ERROR"),
    (r"invalid_request", "PROVIDER_INVALID_REQUEST"),
)
_TOO_LONG = re.compile(r"max(imum)? context length|context window|prompt is too long|too many tokens")

# Statuses that stand for several things; 0 is an error inside an answer.
_OPEN = (0, 400, 422, 429)


def truncated() -> Failure:
    """Make the failure of a stream that ends before its answer does."""
    return _failure("PROVIDER_STREAM_TRUNCATED")


def failed(status: int, body: Any) -> Failure:
    """Make the failure of a status and the JSON of its body; 0 for an error inside an answer."""
    error = body if isinstance(body, Mapping) else {}
    error = error["error"] if isinstance(error.get("error"), Mapping) else error
    if status not in _OPEN:
        return _failure(_STATUSES.get(status, "PROVIDER_ERROR"))
    if _TOO_LONG.search(str(error.get("message")).lower()):
        return _failure("CONTEXT_LENGTH_EXCEEDED")
    told = [str(error.get(name) or "").lower() for name in ("code", "type", "error_type")]
    for pattern, reason in _WORDS:
        if any(re.search(pattern, word) for word in told):
            return _failure(reason)
    numbers = [error.get("code"), error.get("status_code"), status]
    return _failure(next((_STATUSES[number] for number in numbers if number in _STATUSES), "PROVIDER_ERROR"))


def _failure(reason: str) -> Failure:
    return Failure(_CODES[reason], reason)
