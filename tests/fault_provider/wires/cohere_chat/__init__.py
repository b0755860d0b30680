"""Cohere v2 Chat."""

from collections.abc import Iterator, Mapping
from typing import Any

from fault_provider.errors import Failure, InvalidRequest
from fault_provider.prompt import Prompt
from fault_provider.wires.wire import Event, Part, Reply, bearer

from .errors import STATUSES, error_body, failure_of, message_of
from .events import events
from .request import read
from .response import response


class CohereChat:
    """`POST /v2/chat`, unary and SSE."""

    name = "cohere-chat"
    path = "/v2/chat"
    overloaded = 503
    statuses = STATUSES
    can_decline = False

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return the bearer token."""
        return bearer(headers)

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        return read(body)

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return Cohere's own headers."""
        return {"x-debug-trace-id": f"{number:032x}"}

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a chat response."""
        return response(reply)

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the named events from `message-start` to `message-end`, and `[DONE]`."""
        return events(reply)

    def failure(self, error: InvalidRequest) -> Failure:
        """Return Cohere's words for it."""
        return failure_of(error)

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return Cohere's error body."""
        return error_body(failure, number)

    def error_events(self, failure: Failure, reply: Reply, position: int) -> Iterator[Event]:
        """Yield a `message-end` that tells the error, and the `[DONE]` that follows it all the same."""
        delta = {"finish_reason": "ERROR", "error": message_of(failure)}
        yield Event(Part.FAULT, {"type": "message-end", "delta": delta}, "message-end")
        yield Event(Part.FAULT, "[DONE]")
