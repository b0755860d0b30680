"""What an answer says, in the words in which it is compared; the readers of the wire formats tell it in them.

The readers are a second opinion: written from the formats' documentation, with the standard library's JSON alone, and
from whole bodies. They import nothing of the server.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The API's name for what a provider says of an answer's end; any other word is OTHER.
_FINISH = {
    "stop": "STOP",
    "end_turn": "STOP",
    "stop_sequence": "STOP",
    "complete": "STOP",
    "completed": "STOP",
    "length": "MAX_TOKENS",
    "max_tokens": "MAX_TOKENS",
    "max_output_tokens": "MAX_TOKENS",
    "incomplete": "MAX_TOKENS",
    "tool_calls": "TOOL_CALLS",
    "tool_use": "TOOL_CALLS",
    "tool_call": "TOOL_CALLS",
    "function_call": "TOOL_CALLS",
    "content_filter": "CONTENT_FILTER",
    "refusal": "REFUSAL",
    "pause_turn": "PAUSED",
}


@dataclass(frozen=True)
class Citation:
    """A source, by what the provider says of it; positions are those in the text that cites."""

    uri: str = ""
    title: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Text:
    """Words of the answer."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Reasoning:
    """Words of the reasoning; hidden: the provider sent an encrypted form alone."""

    text: str
    hidden: bool = False


@dataclass(frozen=True)
class Refusal:
    """Words that decline."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A call of the caller's own tool: JSON text as it came, or decoded where the provider sent an object."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True)
class Item:
    """What has no place of its own: a hosted tool's call or result, with its decoded JSON."""

    type: str
    json: Any


@dataclass(frozen=True)
class Audio:
    """Sound."""

    data: bytes


Part = Text | Reasoning | Refusal | ToolCall | Item | Audio


@dataclass(frozen=True)
class Usage:
    """Token counts; None where the provider does not say. Input holds the cached ones, output those of reasoning."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    parts: tuple[Part, ...]
    finish: str
    provider_finish: str
    model: str
    usage: Usage | None
    stop_sequence: str = ""
    logprobs: int = 0


@dataclass(frozen=True)
class Failure:
    """A call that fails, with the gRPC code and the reason that callers see."""

    code: str
    reason: str


def finish_of(word: str, parts: Sequence[Part]) -> str:
    """Name why an answer ended; one that stops with tool calls in it waits for their results."""
    reason = _FINISH.get(word.lower(), "OTHER")
    if (reason == "STOP" or not word) and any(isinstance(part, ToolCall) for part in parts):
        return "TOOL_CALLS"
    return reason


def events(body: bytes) -> Iterator[tuple[str, str]]:
    """Split a body into server-sent events, as (name, data); one that the body's end cuts off is none."""
    text = body.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    for block in text.split("\n\n")[:-1]:
        fields = [line.partition(":") for line in block.split("\n") if not line.startswith(":")]
        data = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
        names = [value.removeprefix(" ") for name, _, value in fields if name == "event"]
        if data:
            yield (names or [""])[-1], "\n".join(data)


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list that may be absent."""
    return [item for item in value or [] if isinstance(item, Mapping)]


def inner(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return an object inside objects; an empty one where it is absent."""
    for name in path:
        value = value.get(name) or {}
    return value
