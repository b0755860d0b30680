"""What a provider's failure means: by HTTP status first, by its own error codes where the status leaves it open.

One table for all wire formats. The words of a provider stay out of our messages: they can quote a prompt or a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from llmrpc_server import errors
from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.retry_after import retry_after

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: errors.ProviderInvalidRequest,
    401: errors.ProviderCredentials,
    402: errors.ProviderQuotaExhausted,
    403: errors.ProviderPermission,
    404: errors.ProviderModelNotFound,
    405: errors.ProviderUnsupported,
    408: errors.ProviderRequestTimeout,
    409: errors.ProviderConflict,
    410: errors.ProviderModelNotFound,  # it is gone
    412: errors.ProviderQuotaExhausted,  # Fireworks', of an account that does not pay
    413: errors.ProviderRequestTooLarge,
    421: errors.ProviderUnavailable,  # a proxy's
    422: errors.ProviderInvalidRequest,
    423: errors.ProviderConflict,
    424: errors.ProviderFailed,  # TGI's and Bedrock's, of a model that failed
    425: errors.ProviderUnavailable,  # a proxy's
    429: errors.ProviderRateLimited,
    451: errors.ProviderPermission,
    498: errors.ProviderCredentials,
    499: errors.ProviderFailed,  # Gemini's: it gave up by itself, we had not left
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
_TOO_MANY = 429
# OpenAI's and most others', Anthropic's, Cohere's.
_REQUEST_IDS = ("x-request-id", "request-id", "x-debug-trace-id")
# A longer one would crowd out the rest of an error's details.
MAX_REQUEST_ID = 256

# A provider's own code or type, in lower case, where it says more than the status.
_BY_CODE: dict[str, type[ProviderError]] = {
    "context_length_exceeded": errors.ContextLengthExceeded,
    "string_above_max_length": errors.ContextLengthExceeded,
    "exceed_context_size_error": errors.ContextLengthExceeded,
    "too_many_prompt_tokens": errors.ContextLengthExceeded,
    "too_many_tokens": errors.ContextLengthExceeded,
    "content_policy_violation": errors.ContentPolicy,
    "content_filter": errors.ContentPolicy,
    "data_inspection_failed": errors.ContentPolicy,
    "invalid_prompt": errors.ContentPolicy,
    "image_content_policy_violation": errors.ContentPolicy,
    "bio_policy": errors.ContentPolicy,
    "cyber_policy": errors.ContentPolicy,
    "misalignment_policy_violation": errors.ContentPolicy,
    "insufficient_quota": errors.ProviderQuotaExhausted,
    "exceeded_current_quota_error": errors.ProviderQuotaExhausted,
    "arrearage": errors.ProviderQuotaExhausted,
    "allocationquota.freetieronly": errors.ProviderQuotaExhausted,
    "billing_error": errors.ProviderQuotaExhausted,
    "billing_hard_limit_reached": errors.ProviderQuotaExhausted,
    "invalid_api_key": errors.ProviderCredentials,
    "authentication_error": errors.ProviderCredentials,
    "permission_error": errors.ProviderPermission,
    "model_not_found": errors.ProviderModelNotFound,
    "model_not_supported": errors.ProviderModelNotFound,
    "model_decommissioned": errors.ProviderModelNotFound,
    "invalid_model": errors.ProviderModelNotFound,
    "not_found_error": errors.ProviderModelNotFound,
    "request_too_large": errors.ProviderRequestTooLarge,
    "rate_limit_error": errors.ProviderRateLimited,
    "rate_limit_exceeded": errors.ProviderRateLimited,
    "too_many_requests": errors.ProviderRateLimited,
    "overloaded_error": errors.ProviderOverloaded,
    "engine_overloaded_error": errors.ProviderOverloaded,
    "server_is_overloaded": errors.ProviderOverloaded,
    "slow_down": errors.ProviderOverloaded,
    "insufficient_system_resource": errors.ProviderOverloaded,
    "timeout_error": errors.ProviderTimeout,
    "vector_store_timeout": errors.ProviderTimeout,
}

# Some tell it in words alone. The first that fits holds, whoever says it.
_BY_WORDS: tuple[tuple[str, type[ProviderError]], ...] = (
    ("credit balance is too low", errors.ProviderQuotaExhausted),  # Anthropic, with 400
    ("specified api usage limits", errors.ProviderQuotaExhausted),  # Anthropic, with 400
    ("insufficient balance", errors.ProviderQuotaExhausted),  # Z.ai, with 429
    ("used all available credits", errors.ProviderQuotaExhausted),  # xAI, with 403 and 429
    ("incorrect api key", errors.ProviderCredentials),  # xAI, with 400
    ("api key not valid", errors.ProviderCredentials),  # Gemini, with 400
    ("api key expired", errors.ProviderCredentials),  # Gemini, with 400
    ("organization has been disabled", errors.ProviderCredentials),  # Anthropic, with 400
    ("user location is not supported", errors.ProviderPermission),  # Gemini, with 400
    ("model not exist", errors.ProviderModelNotFound),  # DeepSeek, with 400
    ("is not a valid model id", errors.ProviderModelNotFound),  # OpenRouter, with 400
    ("does not support tools", errors.ProviderUnsupported),  # Ollama, with 400
    ("content filtering policy", errors.ContentPolicy),  # Anthropic
    ("content management policy", errors.ContentPolicy),  # Azure
    ("content exists risk", errors.ContentPolicy),  # DeepSeek
    ("content violates usage guidelines", errors.ContentPolicy),  # xAI, with 403
    ("input was flagged", errors.ContentPolicy),  # OpenRouter, with 403
    ("violates our usage guidelines", errors.ContentPolicy),  # Cohere
    ("potentially unsafe or sensitive content", errors.ContentPolicy),  # Z.ai
    ("per minute request limit", errors.ProviderRateLimited),  # Cohere, in a stream
    ("exceed context limit", errors.ContextLengthExceeded),  # Anthropic
    ("exceeded model token limit", errors.ContextLengthExceeded),  # Moonshot
    ("prompt exceeds max length", errors.ContextLengthExceeded),  # Z.ai
    ("input is too long for requested model", errors.ContextLengthExceeded),  # Bedrock
    ("`inputs` tokens + `max_new_tokens` must be", errors.ContextLengthExceeded),  # TGI, with 422
    ("exceeds the maximum number of tokens", errors.ContextLengthExceeded),  # Gemini
    ("maximum prompt length", errors.ContextLengthExceeded),  # xAI
    ("range of input length should be", errors.ContextLengthExceeded),  # Alibaba
    ("too many tokens", errors.ContextLengthExceeded),  # Cohere
    ("prompt is too long", errors.ContextLengthExceeded),  # Anthropic, Fireworks
    ("prompt too long", errors.ContextLengthExceeded),  # Ollama
    ("context length", errors.ContextLengthExceeded),  # OpenAI, Mistral, OpenRouter, DeepSeek, vLLM, LM Studio
    ("context window", errors.ContextLengthExceeded),  # OpenAI
)
# Beyond it an error quotes what it was given.
_MOST_WORDS = 2000

# What a code begins with that blames the request; of images Responses has many.
_OF_THE_REQUEST = ("invalid_", "tool_use_failed", "image_", "unsupported_", "empty_image", "failed_to_download_image")

# These statuses stand for several things; there the body decides. 0: there is no status, the answer itself failed.
_OPEN_STATUSES = frozenset({0, 400, 403, 422, _TOO_MANY})


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
        retry_after=retry_after(failure.headers, detail),
        http_status=failure.status,
        request_id=request_id(failure.headers),
    )


def decoded(body: bytes) -> Any:
    """Decode an error's body, or an event of one; None where it is not JSON, such as a proxy's page."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def request_id(headers: Mapping[str, str]) -> str:
    """Read the vendor's own id for a request; empty where it gives none."""
    found = next(filter(None, (headers.get(name) for name in _REQUEST_IDS)), "")
    return found[:MAX_REQUEST_ID]


def _detail(body: Any) -> Mapping[str, Any]:
    """Find the object that tells of the error; a bare text is its message."""
    if isinstance(body, list) and len(body) == 1:  # Gemini
        body = body[0]
    inner = body
    for name in ("error", "detail"):
        if isinstance(body, Mapping) and body.get(name):
            inner = body[name]
            break
    if isinstance(inner, Mapping):
        return inner
    told = body if isinstance(body, Mapping) else {}
    return {**told, "message": _text(inner)}


def _text(value: Any) -> str:
    """Join the texts of an error's message; FastAPI's is a list of objects."""
    said = [
        one.get("msg") if isinstance(one, Mapping) else one for one in (value if isinstance(value, list) else [value])
    ]
    return " ".join(text for text in said if isinstance(text, str))


def _classify(status: int, detail: Mapping[str, Any]) -> type[ProviderError]:
    if status not in _OPEN_STATUSES:
        return _by_status(status)
    names = [name.lower() for key in ("code", "type", "error_type") if isinstance(name := detail.get(key), str)]
    for name in names:
        if name in _BY_CODE:
            return _BY_CODE[name]
    words = _words(detail)
    for phrase, kind in _BY_WORDS:
        # A rate can be of tokens as well.
        if phrase in words and (status != _TOO_MANY or kind is errors.ProviderQuotaExhausted):
            return kind
    # Some repeat the status in the body, or tell it in a stream's error event.
    number = next((found for key in ("code", "status_code", "status") if (found := _status(detail.get(key)))), status)
    if number:
        return _by_status(number)
    return errors.ProviderInvalidRequest if any(map(_blames_request, names)) else errors.ProviderFailed


def _by_status(status: int) -> type[ProviderError]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in _REDIRECTS:
        return errors.ProviderBadResponse
    return errors.ProviderInvalidRequest if status in _CLIENT_ERRORS else errors.ProviderFailed


def _status(value: Any) -> int:
    """Read a status of the table; 0 where it is none."""
    number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) == len("400") else value
    return number if isinstance(number, int) and number in _BY_STATUS else 0


def _words(detail: Mapping[str, Any]) -> str:
    """Return what an error says, in lower case; OpenRouter has the words of the vendor behind it in its metadata."""
    metadata = detail.get("metadata")
    behind = metadata.get("raw") if isinstance(metadata, Mapping) else None
    return f"{_text(detail.get('message'))[:_MOST_WORDS]} {_text(behind)[:_MOST_WORDS]}".lower()


def _blames_request(name: str) -> bool:
    return name.startswith(_OF_THE_REQUEST)
