"""What Chat Completions and Responses have in common besides their requests."""

from collections.abc import Mapping

from fault_provider.errors import Failure, InvalidRequest

from .openai_errors import openai_failure
from .wire import bearer


class OpenAIWire:
    """The part of a Wire that both have."""

    overloaded = 503
    statuses: Mapping[str, int] = {"overloaded": 503}
    can_decline = True

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return the bearer token."""
        return bearer(headers)

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return OpenAI's own headers."""
        return {
            "openai-processing-ms": "12",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-limit-tokens": "200000",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-remaining-tokens": "199992",
            "x-ratelimit-reset-requests": "120ms",
            "x-ratelimit-reset-tokens": "2ms",
            "x-request-id": f"req_{number:032x}",
        }

    def failure(self, error: InvalidRequest) -> Failure:
        """Return OpenAI's words for it."""
        return openai_failure(error)
