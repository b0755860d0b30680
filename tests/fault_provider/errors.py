"""The errors that a provider reports, before a wire format gives them their shape."""

from dataclasses import dataclass
from typing import Literal

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

Path = tuple[str | int, ...]
"""Where in a request's body: names and positions."""

Problem = Literal["missing", "unknown", "invalid"]
"""What is wrong there: nothing where something must be, a field that the wire format does not have, another value."""


@dataclass(frozen=True)
class Failure:
    """An error to report; the wire format fills in what is None."""

    status: int
    code: str | None = None
    message: str | None = None
    param: str | None = None


class InvalidRequest(Exception):
    """The request's body is not one that the real provider would take."""

    def __init__(self, problem: Problem, path: Path, detail: str = "") -> None:
        super().__init__(problem, path, detail)
        self.problem: Problem = problem
        self.path = path
        self.detail = detail
