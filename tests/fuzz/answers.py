"""Answers as a model could give them, made at random; the writers of the wire formats say them in bytes.

A writer knows what it was told to say: that is what must come out of the server.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

Fields = dict[str, Any]
Voice = Literal["text", "reasoning"]
# An event's name, and its object; bytes are sent as they are.
Event = tuple[str, Fields | bytes]
# A part of an answer: its kind and its words, or "call", id, name and arguments.
Part = tuple[str, ...]
# An event, and the part that begins with it.
Step = tuple[Event, Part | None]

# Of an unknown field, in each object.
_CHANCE = 0.1
FINISHES = ("stop", "length", "tool_calls", "filter", "other")


@dataclass(frozen=True)
class Spoken:
    """Words, in the pieces that they are streamed in."""

    voice: Voice
    pieces: tuple[str, ...]

    @property
    def part(self) -> Part | None:
        """What becomes of it; nothing, where nothing is said."""
        return (self.voice, "".join(self.pieces)) if any(self.pieces) else None


@dataclass(frozen=True)
class Called:
    """A tool call; its arguments are any text."""

    id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> str:
        """All pieces together."""
        return "".join(self.pieces)

    @property
    def part(self) -> Part:
        """What becomes of it."""
        return ("call", self.id, self.name, self.arguments)


@dataclass(frozen=True)
class Counts:
    """Tokens: input holds the cached ones, output those of reasoning."""

    input: int
    cached: int
    output: int
    reasoning: int


@dataclass(frozen=True)
class Script:
    """What is to be said.

    Attributes:
        finish: One of FINISHES.
        extras: JSON values for fields that nobody knows.
        seed: Of the writer's own choices: the order of what may come in any order, names, frames, cuts.
    """

    parts: tuple[Spoken | Called, ...]
    finish: str
    counts: Counts
    extras: tuple[Any, ...]
    seed: int


@dataclass(frozen=True)
class Written:
    """A script in a wire format, streamed and whole, and what is to come out of each."""

    events: list[Event]
    parts: list[Part]
    whole: Fields
    whole_parts: list[Part]
    finish: str
    provider_finish: str


def finish_of(finish: str, parts: Iterable[Part]) -> str:
    """Name why an answer ends: a call of a tool is why, where nothing else is."""
    return "TOOL_CALLS" if finish == "STOP" and any(part[0] == "call" for part in parts) else finish


def woven(dice: random.Random, threads: Sequence[list[Step]]) -> tuple[list[Event], list[Part]]:
    """Weave up to three neighbours at a time, each in its own order; return the events, and the parts as they begin."""
    steps: list[Step] = []
    at = 0
    while at < len(threads):
        size = dice.randint(1, 3)
        group = [list(reversed(thread)) for thread in threads[at : at + size]]
        at += size
        while group := [thread for thread in group if thread]:
            steps.append(dice.choice(group).pop())
    return [event for event, _ in steps], [part for _, part in steps if part is not None]


def first_words(pieces: Sequence[str]) -> int:
    """Return where the first piece stands that says something; -1: nowhere."""
    return next((at for at, piece in enumerate(pieces) if piece), -1)


def sprinkled(dice: random.Random, value: Any, extras: Sequence[Any]) -> Any:
    """Add unknown fields to the objects in a value, but not to a tool's input."""
    if isinstance(value, list):
        return [sprinkled(dice, item, extras) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {name: inner if name == "input" else sprinkled(dice, inner, extras) for name, inner in value.items()}
    if extras and dice.random() < _CHANCE and not _is_empty_block(value):
        fields[f"zz_{dice.randint(0, 3)}"] = dice.choice(extras)
    return fields


def _is_empty_block(value: Fields) -> bool:
    """Tell whether an unknown field would be all that a block holds, and so would make a part of it."""
    return value.get("type") in {"text", "thinking"} and not (value.get("text") or value.get("thinking"))


# Those that a decoder could take for a line's end, a field or an escape, and those of two, three and four bytes.
_HARD = "\r\n\u2028\u2029\x85\x00\x0b\x0c\x1c\x7f\ufeff\ufffd\\\"':/{}[] é漢😀🏳\u200d\U0010ffff"
_texts = st.text(max_size=8) | st.text(alphabet=_HARD, max_size=12) | st.sampled_from(["data: x\n\n", "[DONE]", "\r\n"])
_names = st.text(min_size=1, max_size=8)
_pieces = st.lists(_texts, max_size=4).map(tuple)


def _says_nothing_again(pieces: list[str]) -> bool:
    """Tell whether no piece is all that stands before it, as it is where a server ends a call with all of it."""
    return all(not piece or piece != "".join(pieces[:at]) for at, piece in enumerate(pieces))


_jsonlike = st.sampled_from(['{"a', '": 1', "}", "{}", "null"])
_arguments = st.lists(_texts | _jsonlike, max_size=4).filter(_says_nothing_again).map(tuple)
_parts = st.builds(Spoken, st.sampled_from(["text", "reasoning"]), _pieces) | st.builds(
    Called, _names, _names, _arguments
)
_numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_tokens = st.integers(0, 100_000)


def _unique(parts: list[Spoken | Called]) -> tuple[Spoken | Called, ...]:
    """Give each call an id of its own."""
    return tuple(
        Called(f"{part.id}{at}", part.name, part.pieces) if isinstance(part, Called) else part
        for at, part in enumerate(parts)
    )


def _counts(uncached: int, cached: int, said: int, thought: int) -> Counts:
    return Counts(uncached + cached, cached, said + thought, thought)


scripts = st.builds(
    Script,
    parts=st.lists(_parts, max_size=5).map(_unique),
    finish=st.sampled_from(FINISHES),
    counts=st.builds(_counts, _tokens, _tokens, _tokens, _tokens),
    extras=st.lists(_json, max_size=3).map(tuple),
    seed=st.integers(0, 2**32),
)
