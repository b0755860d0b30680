"""What all wire formats ask for, in one vocabulary."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .errors import InvalidRequest
from .fields import Described, said


@dataclass(frozen=True)
class Turn:
    """What one speaker says in a row; wire formats differ in how many messages they make of it."""

    role: str
    parts: Sequence[Described]
    name: str | None = None


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One request, as far as this provider minds."""

    body: Mapping[str, Any]
    """As it came."""
    model: str
    streamed: bool
    turns: Sequence[Turn]
    tools: Sequence[Tool] = ()
    format: Mapping[str, Any] | None = None
    """The shape that is asked for: the type `json` or `json_schema`, with a schema."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What else the description says."""
    max_tokens: int | None = None
    stops: Sequence[str] = ()
    top_logprobs: int | None = None
    """Alternatives to each token; None: no log probabilities."""
    include_usage: bool = True
    include_obfuscation: bool = False

    @property
    def words(self) -> int:
        """The prompt's tokens: whitespace-separated words of all texts in all messages."""
        return sum(len(text.split()) for turn in self.turns for text in texts_of(turn.parts))

    @property
    def prefill(self) -> str | None:
        """The last message's text if it is the assistant's."""
        return "".join(texts_of(self.turns[-1].parts)) if self.turns[-1].role == "assistant" else None

    def described(self) -> Described:
        """Return what was understood, in the same words for every wire format."""
        return said(
            messages=[said(role=turn.role, name=turn.name, parts=list(turn.parts)) for turn in self.turns],
            tools=[
                said(name=t.name, description=t.description, parameters=t.parameters, strict=t.strict)
                for t in self.tools
            ],
            format=self.format,
            max_tokens=self.max_tokens,
            stop=list(self.stops),
            top_logprobs=self.top_logprobs,
            **self.settings,
        )


def tool_call(call_id: str, name: str, arguments: Any) -> Described:
    """Describe a tool call; arguments that are JSON text are described by their value."""
    with contextlib.suppress(ValueError, TypeError):
        arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def texts_of(parts: Iterable[Described]) -> Iterator[str]:
    """Yield all texts, those in tool results included."""
    for part in parts:
        if isinstance(text := part.get("text"), str):
            yield text
        yield from texts_of(part.get("parts", ()))


def conversation(turns: Iterable[Turn], name: str = "messages") -> list[Turn]:
    """Join what one speaker says in a row; raises InvalidRequest where tool calls and results do not match.

    `name` is the wire format's own for its list of messages.
    """
    joined = [
        Turn(role, [part for turn in group for part in turn.parts], speaker)
        for (role, speaker), group in groupby(turns, lambda turn: (turn.role, turn.name))
    ]
    if not joined:
        raise InvalidRequest("invalid", (name,), "must not be empty")
    called: set[str] = set()
    for turn in [*joined, Turn("nobody", ())]:
        answered = _ids(turn, "tool_result")
        for kind, unmatched, other in (
            ("call", called - answered, "result right after"),
            ("result", answered - called, "call right before"),
        ):
            if unmatched:
                raise InvalidRequest("invalid", (name,), f"the tool {kind} {min(unmatched)} needs its {other} it")
        called = _ids(turn, "tool_call")
    return joined


def _ids(turn: Turn, kind: str) -> set[str]:
    """Return the ids of a turn's parts of this type."""
    return {part["id"] for part in turn.parts if part["type"] == kind}
