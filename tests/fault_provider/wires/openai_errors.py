"""OpenAI's error body, which Chat Completions and Responses share."""

from typing import Any

from fault_provider.errors import Failure, InvalidRequest, Path

_INVALID = "invalid_request_error"
_OVERLOADED = (
    "service_unavailable_error",
    None,
    "The server is currently overloaded with other requests. Sorry about that!",
)

_OF_STATUS = {
    401: (_INVALID, "invalid_api_key", "Incorrect API key provided: sk-****."),
    403: ("insufficient_permissions", None, "You have insufficient permissions for this operation."),
    404: (_INVALID, "model_not_found", "The model does not exist or you do not have access to it."),
    429: (
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached on tokens per min (TPM): Limit 200000, Used 199990.",
    ),
    503: _OVERLOADED,
    529: _OVERLOADED,
}
_OF_CODE = {
    "context_length_exceeded": (
        _INVALID,
        "messages",
        "This model's maximum context length is 128000 tokens. However, you requested 130000 tokens.",
    ),
    "content_policy_violation": (
        _INVALID,
        None,
        "Your request was rejected as a result of our safety system.",
    ),
    "content_filter": (
        _INVALID,
        "prompt",
        "The response was filtered due to the prompt triggering the content management policy.",
    ),
    "insufficient_quota": (
        "insufficient_quota",
        None,
        "You exceeded your current quota, please check your plan and billing details.",
    ),
}

_CODE_OF_PROBLEM = {
    "missing": "missing_required_parameter",
    "unknown": "unknown_parameter",
    "invalid": "invalid_value",
}


def openai_error(failure: Failure) -> dict[str, Any]:
    """Return the body of an error: message, type, param, code."""
    kind, code, message = _OF_STATUS.get(failure.status, _default(failure.status))
    code, param = failure.code or code, failure.param
    if code in _OF_CODE:
        kind, usual_param, message = _OF_CODE[code]
        param = param or usual_param
    elif failure.message is not None:
        code = failure.code
    return {"error": {"message": failure.message or message, "type": kind, "param": param, "code": code}}


def openai_failure(error: InvalidRequest) -> Failure:
    """Return OpenAI's words for what it does not take."""
    param = _param(error.path)
    message = {
        "missing": f"Missing required parameter: '{param}'.",
        "unknown": f"Unknown parameter: '{param}'.",
        "invalid": f"Invalid '{param}': {error.detail}.",
    }[error.problem]
    return Failure(400, _CODE_OF_PROBLEM[error.problem], message, param or None)


def _param(path: Path) -> str:
    """Return a path as OpenAI writes it: messages[0].content."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _default(status: int) -> tuple[str, None, str]:
    """Return type, code and message of a status without ones of its own."""
    if status < 500:
        return _INVALID, None, "The request is not valid."
    return "server_error", None, "The server had an error while processing your request. Sorry about that!"
