"""The one interface that a wire format has."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from fault_provider.answer import Answer
from fault_provider.errors import Failure
from fault_provider.prompt import Prompt

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Part(Enum):
    """Which part of a stream an event belongs to."""

    OPENING = auto()
    TOKEN = auto()
    CLOSING = auto()
    """Finish reason and usage."""
    END = auto()
    """The marker without which an answer is truncated."""
    FAULT = auto()


class Event(NamedTuple):
    """One SSE event, blank line included."""

    part: Part
    data: bytes


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

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return the key that the (lowercase) headers carry, None if there is none."""

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request; raises InvalidRequest where the real provider answers 400."""

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return the response's own headers: ids, rate limits."""

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return the body of an unstreamed answer."""

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the events of a streamed answer, in the order of Part."""

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return the body of an error."""

    def error_events(self, failure: Failure, number: int) -> Iterator[bytes]:
        """Yield what ends a stream that fails after its 200."""


def compact(value: Any) -> bytes:
    """Return JSON as providers send it: no spaces, UTF-8 unescaped."""
    return _ENCODER.encode(value).encode()


def messages_of(body: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the body's messages, None if there is no usable list of them."""
    messages = body.get("messages")
    if isinstance(messages, list) and messages and all(isinstance(message, dict) for message in messages):
        return messages
    return None
