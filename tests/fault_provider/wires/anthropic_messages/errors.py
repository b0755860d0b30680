"""Anthropic's errors: a type for each status, and for the rest words alone."""

from collections.abc import Mapping

from fault_provider.errors import Failure, InvalidRequest

STATUSES: Mapping[str, int] = {"insufficient_quota": 400}
WORTH_RETRYING = (408, 409, 429)

_TYPE = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_MESSAGE_OF_STATUS = {
    401: "invalid x-api-key",
    404: "model: not found",
    429: "This request would exceed your organization's rate limit of 80,000 input tokens per minute.",
    500: "Internal server error",
    529: "Overloaded",
}
_MESSAGE_OF_CODE = {
    "context_length_exceeded": "prompt is too long: 213462 tokens > 200000 maximum",
    "content_policy_violation": "Output blocked by content filtering policy",
    "content_filter": "Output blocked by content filtering policy",
    "insufficient_quota": "Your credit balance is too low to access the Anthropic API. "
    "Please go to Plans & Billing to upgrade or purchase credits.",
}


def request_id(number: int) -> str:
    """Return an id of the real length."""
    return f"req_011{number:021d}"


def error_of(failure: Failure) -> dict[str, str]:
    """Return type and message of an error."""
    default_type = "invalid_request_error" if failure.status < 500 else "api_error"
    message = failure.message or _MESSAGE_OF_CODE.get(failure.code or "")
    return {
        "type": _TYPE.get(failure.status, default_type),
        "message": message or _MESSAGE_OF_STATUS.get(failure.status, "The request is not valid."),
    }


def failure_of(error: InvalidRequest) -> Failure:
    """Return Anthropic's words for what it does not take."""
    detail = {"missing": "Field required", "unknown": "Extra inputs are not permitted", "invalid": error.detail}
    path = ".".join(map(str, error.path))
    return Failure(400, message=f"{path}: {detail[error.problem]}")
