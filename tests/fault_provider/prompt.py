"""What all wire formats ask for, in one vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .errors import InvalidRequest


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One request, as far as this provider minds."""

    model: str
    streamed: bool
    words: int
    """Whitespace-separated words of all messages: the prompt's tokens."""
    prefill: str | None
    """The last message's text if it is the assistant's."""
    max_tokens: int | None = None
    stops: tuple[str, ...] = ()
    include_usage: bool = True
    include_obfuscation: bool = False


def text_of(content: Any) -> str:
    """Return the text of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return ""


def count_words(contents: Iterable[Any]) -> int:
    """Return how many words these contents have together."""
    return sum(len(text_of(content).split()) for content in contents)


def prefill_of(messages: list[dict[str, Any]]) -> str | None:
    """Return the last message's text if it is the assistant's."""
    last = messages[-1]
    return text_of(last.get("content")) if last.get("role") == "assistant" else None


def read_limit(value: Any) -> int | None:
    """Return the most tokens to answer, None for no limit; raises InvalidRequest."""
    if value is None or (isinstance(value, int) and value >= 1):
        return value
    raise InvalidRequest("max_tokens: must be an integer of at least 1", param="max_tokens")


def read_stops(value: Any) -> tuple[str, ...]:
    """Return the stop sequences of a string, a list of them, or None; raises InvalidRequest."""
    stops = [value] if isinstance(value, str) else value or []
    if isinstance(stops, list) and all(isinstance(stop, str) and stop for stop in stops):
        return tuple(stops)
    raise InvalidRequest("stop: must be a string or a list of strings", param="stop")
