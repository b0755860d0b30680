"""The errors that a provider reports, before a wire format gives them their shape."""

from dataclasses import dataclass

STATUS_OF_CODE = {
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "content_filter": 400,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "overloaded": 529,
}
"""The codes that are spelt the same for every wire format; other codes are a 400."""


@dataclass(frozen=True)
class Failure:
    """An error to report; the wire format fills in what is None."""

    status: int
    code: str | None = None
    message: str | None = None
    param: str | None = None


class InvalidRequest(Exception):
    """The request's body is not one the real provider would take."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
