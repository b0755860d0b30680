"""Answers that are no JSON: a list, a choice, a number, a date, code, lines of keys and values, a pattern."""

import datetime as dt
import json
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from typing_extensions import override

from llmrpc.v1 import completion_pb2
from llmrpc_server.output.extraction import fenced, without_thoughts
from llmrpc_server.output.shape import Misfit

_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,4}[.)])\s+")
_AROUND = " \t\r\n\"'`*_"
# Nobody separates thousands after a 0 or before an exponent: there a comma is that of a fraction.
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?)")
_ONE_COMMA = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
# As far as the numbers of most who read JSON go.
_LARGEST = Decimal(sys.float_info.max)
_HAS_TIME = re.compile(r"[Tt ]")
_YES = {"yes", "true", "y"}
_NO = {"no", "false", "n"}


class TextShape(ABC):
    """A text that one value is read from.

    Attributes:
        instructions: What tells a model how to answer.
        digest: See `Shape.digest`; whoever has the settings sets it.
    """

    schema = digest = ""
    is_json = is_object = False

    def __init__(self, name: str, instructions: str) -> None:
        self.name = name
        self.instructions = instructions

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer; see `Shape.parse`."""
        text = without_thoughts(text)
        if not text:
            raise Misfit("the answer is empty")
        value = self.value(text)
        # JSON has every decimal, and writes it as Decimal does.
        written = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
        return completion_pb2.ParsedOutput(json=written)

    @abstractmethod
    def value(self, text: str) -> Any:
        """Return the value of a text that is not empty.

        Raises:
            Misfit: It does not have the shape.
        """


class ListShape(TextShape):
    """Items, one a line, with bullets or numbers before them or without."""

    def __init__(self, name: str, *, separator: str, min_items: int, max_items: int | None) -> None:
        said = "one a line" if separator == "\n" else f'separated by "{separator}"'
        super().__init__(name, f"Answer with nothing but a list, {said}.")
        self._separator, self._least, self._most = separator, min_items, max_items

    @override
    def value(self, text: str) -> list[str]:
        block = fenced(text)
        pieces = (block[0] if len(block) == 1 else text).split(self._separator)
        lines = [piece for piece in pieces if piece.strip()]
        if self._separator == "\n" and any(map(_BULLET.match, lines)):
            # Where some have bullets, those without are the words around them, or an item's second line.
            if not all(map(_BULLET.match, lines)):
                raise Misfit("the answer holds lines that are no items of the list: give the items alone")
            lines = [_BULLET.sub("", line) for line in lines]
        items = [item for line in lines if (item := line.strip())]
        if len(items) < self._least:
            raise Misfit(f"the list must have at least {self._least} items, has {len(items)}")
        if self._most is not None and len(items) > self._most:
            raise Misfit(f"the list must have at most {self._most} items, has {len(items)}")
        return items


class ChoiceShape(TextShape):
    """One of some words, whatever their case."""

    def __init__(self, name: str, *, choices: Sequence[str]) -> None:
        super().__init__(name, f"Answer with exactly one of these and nothing else: {', '.join(choices)}.")
        self._choices = tuple(choices)

    @override
    def value(self, text: str) -> str:
        found = _named(text, self._choices)
        if found is None:
            raise Misfit(f"the answer must be one of: {', '.join(self._choices)}")
        return found


class BooleanShape(TextShape):
    """Yes or no."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "Answer with yes or no and nothing else.")

    @override
    def value(self, text: str) -> bool:
        word = _bare(text).casefold()
        if word not in _YES | _NO:
            raise Misfit("the answer must be yes or no")
        return word in _YES


class NumberShape(TextShape):
    """A number by itself."""

    def __init__(self, name: str, *, integer: bool, minimum: float | None, maximum: float | None) -> None:
        super().__init__(name, f"Answer with one {'whole ' if integer else ''}number and nothing else, without a unit.")
        self._integer, self._minimum, self._maximum = integer, _decimal(minimum), _decimal(maximum)

    @override
    def value(self, text: str) -> int | Decimal:
        bare = _bare(text)
        if not _NUMBER.fullmatch(bare):
            raise Misfit("the answer must be a number and nothing else")
        if not self._integer and _ONE_COMMA.fullmatch(bare):
            raise Misfit("the comma could be one of thousands or of a fraction: give the number without it")
        try:
            exact = Decimal(bare.replace(",", ""))
            whole = exact == exact.to_integral_value()
        except (InvalidOperation, ValueError) as error:
            raise Misfit("the number is too large") from error
        if abs(exact) > _LARGEST:
            raise Misfit("the number is too large")
        if self._integer and not whole:
            raise Misfit("the number must be a whole one")
        if self._minimum is not None and exact < self._minimum:
            raise Misfit(f"the number must be at least {self._minimum:f}")
        if self._maximum is not None and exact > self._maximum:
            raise Misfit(f"the number must be at most {self._maximum:f}")
        return int(exact) if self._integer else exact


def _decimal(bound: float | None) -> Decimal | None:
    """Return a bound as the configuration has it: the float 0.1 is a little more than 0.1."""
    return None if bound is None else Decimal(str(bound)).normalize()


class DateShape(TextShape):
    """A date, or a date with its time, as ISO 8601 or in a format of its own."""

    def __init__(self, name: str, *, format: str, time: bool) -> None:  # noqa: A002 - as the configuration has it.
        example = dt.datetime(2026, 11, 25, 14, 30, tzinfo=dt.UTC)
        self._format, self._time = format, time
        shown = example.strftime(format) if format else _iso(example, time=time)
        super().__init__(name, f'Answer with one {"time" if time else "date"} and nothing else, like "{shown}".')

    @override
    def value(self, text: str) -> str:
        bare = _bare(text)
        try:
            if self._format:
                found = dt.datetime.strptime(bare, self._format)  # noqa: DTZ007 - as the format says.
            elif self._time:
                found = dt.datetime.fromisoformat(bare)
            else:
                return dt.date.fromisoformat(bare).isoformat()
        except ValueError as error:
            raise Misfit(f"the answer must be a {'time' if self._time else 'date'} alone: {error}") from error
        if self._time and not self._format and not _HAS_TIME.search(bare):
            # It was made midnight.
            raise Misfit("the answer must be a time: it has no time of day")
        return _iso(found, time=self._time)


class CodeShape(TextShape):
    """The code in the answer's one fence."""

    def __init__(self, name: str, *, language: str) -> None:
        super().__init__(name, f"Answer with exactly one code block, fenced with ```{language} and ```.")

    @override
    def value(self, text: str) -> str:
        blocks = fenced(text)
        if len(blocks) != 1:
            raise Misfit(f"the answer must hold exactly one code block in a fence, holds {len(blocks)}")
        if not blocks[0].strip():
            raise Misfit("the code block is empty")
        return blocks[0]


class KeyValueShape(TextShape):
    """Lines of "key: value"."""

    def __init__(self, name: str, *, keys: Sequence[str]) -> None:
        super().__init__(name, f'Answer with one line "key: value" for each of {", ".join(keys)}, and nothing else.')
        self._keys = tuple(keys)

    @override
    def value(self, text: str) -> dict[str, str]:
        block = fenced(text)
        found: dict[str, str] = {}
        for line in (block[0] if len(block) == 1 else text).splitlines():
            if not line.strip():
                continue
            key, colon, value = _BULLET.sub("", line).partition(":")
            name = _named(key, self._keys) if colon else None
            if name is None:
                raise Misfit(f'the line "{line.strip()[:80]}" is not "key: value" with one of the keys')
            if name in found:
                raise Misfit(f'the key "{name}" stands twice')
            found[name] = _unemphasized(value, begun=key.strip().startswith("**") and not key.strip().endswith("**"))
        if missing := [key for key in self._keys if key not in found]:
            raise Misfit(f"these keys are missing: {', '.join(missing)}")
        return found


class PatternShape(TextShape):
    """A text that a regular expression matches whole; its named groups, or the text where it has none."""

    def __init__(self, name: str, *, pattern: str) -> None:
        super().__init__(name, f"Answer with nothing but a text that this regular expression matches: {pattern}")
        self._pattern = re.compile(pattern, re.DOTALL)

    @override
    def value(self, text: str) -> str | dict[str, str | None]:
        match = self._pattern.fullmatch(text.strip())
        if match is None:
            raise Misfit(f"the answer must match {self._pattern.pattern}")
        return match.groupdict() or match[0]


def _named(text: str, names: Sequence[str]) -> str | None:
    """Return the one of some names that a text is: as it is written, else the only one whatever the case."""
    for said in (text.strip(), _bare(text)):
        if said in names:
            return said
        if len(found := [name for name in names if name.casefold() == said.casefold()]) == 1:
            return found[0]
    return None


def _unemphasized(value: str, *, begun: bool) -> str:
    """Return a value without the asterisks around it; `begun` where they began before the key."""
    value = value.strip()
    if begun:
        value = value.removeprefix("**").removesuffix("**").strip()
    whole = re.fullmatch(r"\*\*([^*]+)\*\*", value)
    return whole[1] if whole else value


def _bare(text: str) -> str:
    """Return a text without quotes, emphasis and the full stop around it."""
    return text.strip(_AROUND).removesuffix(".").strip(_AROUND)


def _iso(moment: dt.datetime, *, time: bool) -> str:
    return moment.isoformat() if time else moment.date().isoformat()
