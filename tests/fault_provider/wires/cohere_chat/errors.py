"""Cohere's errors: a status and words."""

from collections.abc import Mapping
from typing import Any

from fault_provider.errors import Failure, InvalidRequest

STATUSES: Mapping[str, int] = {"insufficient_quota": 402, "overloaded": 503}

_DOCS = "For proper usage, please refer to https://docs.cohere.com/reference/chat"
_MESSAGE_OF_STATUS = {
    401: "Incorrect API key provided: ****. You can find your API key at https://dashboard.cohere.com/api-keys.",
    402: "You have reached your billing limit. Please add or update your payment method.",
    404: "model not found, make sure the correct model ID was used and that you have access to the model.",
    429: "You are past the per minute request limit, please wait and try again later.",
    498: "invalid api token",
    500: "internal server error, this has been reported to our developers.",
    503: "the service is temporarily unavailable, please try again later.",
}
_BLOCKED = "blocked output: please adjust the prompt and try again: the generation violates our usage guidelines"
_MESSAGE_OF_CODE = {
    "context_length_exceeded": "too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer "
    "inputs. The limit for this model is 288000 tokens.",
    "content_policy_violation": _BLOCKED,
    "content_filter": _BLOCKED,
}
_TYPE_OF_CODE = {"context_length_exceeded": "TOO_MANY_TOKENS"}


def trace_id(number: int) -> str:
    """Return an id as Cohere gives it to answers and errors."""
    return f"00000000-0000-4000-8000-{number:012x}"


def message_of(failure: Failure) -> str:
    """Return the words of an error."""
    message = failure.message or _MESSAGE_OF_CODE.get(failure.code or "")
    return message or _MESSAGE_OF_STATUS.get(failure.status, "invalid request: the request is not valid.")


def error_body(failure: Failure, number: int) -> dict[str, Any]:
    """Return the body of an error: id, message, and for few a type."""
    body = {"id": trace_id(number), "message": message_of(failure)}
    kind = _TYPE_OF_CODE.get(failure.code or "")
    return body | {"error_type": kind} if kind else body


def failure_of(error: InvalidRequest) -> Failure:
    """Return Cohere's words for what it does not take; what it does not know is a 422."""
    path = ".".join(map(str, error.path))
    if error.problem == "unknown":
        return Failure(422, message=f"unknown field: parameter '{error.path[-1]}' is not a valid field. {_DOCS}")
    detail = "is required" if error.problem == "missing" else error.detail
    return Failure(400, message=f"invalid request: {path} {detail}. {_DOCS}")
