"""The one interface that a wire format has."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from fault_provider.answer import Answer
from fault_provider.errors import Failure, InvalidRequest
from fault_provider.prompt import Prompt

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Part(Enum):
    """Which part of a stream an event belongs to."""

    OPENING = auto()
    """What comes before the first token, also of an answer that is cut at none."""
    TOKEN = auto()
    FRAME = auto()
    """What begins and ends the later blocks; finish reason and usage."""
    END = auto()
    """What tells that the answer is whole."""
    FAULT = auto()


class Event(NamedTuple):
    """One SSE event: an object, or a text that is sent as it is."""

    part: Part
    data: Mapping[str, Any] | str
    name: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a wire format needs to know to write an answer."""

    number: int
    """The attempt's number, from which all ids are made."""
    prompt: Prompt
    answer: Answer
    with_usage: bool = True


class Wire(Protocol):
    """A provider's HTTP API for chat."""

    name: str
    path: str
    overloaded: int
    """The status that says so."""
    statuses: Mapping[str, int]
    """Of the codes that have another status here than in STATUS_OF_CODE."""
    can_decline: bool
    """Whether an answer can say that the model, or a filter, declined."""

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return the key that the (lowercase) headers carry, None if there is none."""

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request; raises InvalidRequest where the real provider answers 400."""

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return the response's own headers: ids, rate limits."""

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return the body of an unstreamed answer."""

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the events of a streamed answer."""

    def failure(self, error: InvalidRequest) -> Failure:
        """Return what the real provider says about a request that it does not take."""

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return the body of an error."""

    def error_events(self, failure: Failure, reply: Reply, position: int) -> Iterator[Event]:
        """Yield what ends a stream that fails after its 200; the first event is the stream's `position`th."""


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the bearer token of the (lowercase) headers."""
    return headers.get("authorization", "").removeprefix("Bearer ").strip() or None


def compact(value: Any) -> bytes:
    """Return JSON as providers send it: no spaces, UTF-8 unescaped."""
    return _ENCODER.encode(value).encode()
