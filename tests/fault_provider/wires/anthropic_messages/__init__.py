"""Anthropic Messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from fault_provider.errors import Failure, InvalidRequest
from fault_provider.prompt import Prompt
from fault_provider.wires.wire import Event, Part, Reply, bearer

from .errors import STATUSES, WORTH_RETRYING, error_of, failure_of, request_id
from .events import events
from .message import message
from .request import read


class AnthropicMessages:
    """`POST /v1/messages`, unary and SSE."""

    name = "anthropic-messages"
    path = "/v1/messages"
    overloaded = 529
    statuses = STATUSES
    can_decline = True

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return `x-api-key`, or the bearer token."""
        return headers.get("x-api-key") or bearer(headers)

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        if "anthropic-version" not in headers:
            raise InvalidRequest("invalid", ("anthropic-version",), "header is required")
        return read(body)

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return Anthropic's own headers."""
        headers = {
            "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
            "anthropic-ratelimit-requests-limit": "20000",
            "anthropic-ratelimit-requests-remaining": "19999",
            "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
            "request-id": request_id(number),
        }
        if status >= 400:
            headers["x-should-retry"] = "true" if status >= 500 or status in WORTH_RETRYING else "false"
        return headers

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a `message`."""
        return message(reply)

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the named events from `message_start` to `message_stop`."""
        return events(reply)

    def failure(self, error: InvalidRequest) -> Failure:
        """Return Anthropic's words for it."""
        return failure_of(error)

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return Anthropic's error body."""
        return {"type": "error", "error": error_of(failure), "request_id": request_id(number)}

    def error_events(self, failure: Failure, reply: Reply, position: int) -> Iterator[Event]:
        """Yield the `error` event; nothing follows it."""
        yield Event(Part.FAULT, self.error(failure, reply.number), "error")
