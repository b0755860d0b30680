"""JSON as models write it. What deviates from JSON and can mean one thing alone is read; all else is refused.

Rewritten are comments, a comma before a closing bracket, single quotes, keys without quotes, Python's True, False and
None, and line ends and tabs inside strings. Not guessed at are missing commas, brackets and quotes, words, numbers that
JSON does not have, and keys that stand twice.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

MAX_DEPTH = 100
# From there on not every whole number is a float.
_FLOATS_SKIP = 2**53
_SHOWN = 40

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\ufeff\xa0]+)
    |(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?\*/)
    |(?P<punctuation>[{}\[\]:,])
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<quoted>(?<!\w)'(?:[^'\\]|\\.)*')
    |(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-]))
    |(?P<word>[A-Za-z_$][\w$]*)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_WORDS = {word: word for word in ("true", "false", "null")} | {"True": "true", "False": "false", "None": "null"}
# As keys without quotes they are one thing to Python and another to JavaScript.
_PYTHONS = {"True", "False", "None"}
_BRACKET = re.compile(r"[{}\[\]]")
# Prose has signs of its own. Not among them are beginnings whose end might be anywhere.
_OF_PROSE = re.compile(r"""\w+|(?<=\w)'|(?!/\*)[^"']""")
_CLOSING = {"{": "}", "[": "]"}
_OPEN = {"[", "{", ",", ":"}
_RAW = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_IN_STRING = re.compile(r"\\.|[\n\r\t]", re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """No JSON value, or not surely one; the text says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value as it was written.

    Attributes:
        json: Its JSON text, numbers and the order of keys as they were.
        value: The same as Python has it.
    """

    json: str
    value: Any


def read(text: str) -> Read:
    """Read a text that is one JSON value.

    Raises:
        Unreadable: It is not.
    """
    text = text.strip(" \t\r\n\ufeff")
    try:
        return Read(text, _decoded(text))
    except json.JSONDecodeError:
        rewritten = "".join(_rewritten(text))
    try:
        return Read(rewritten, _decoded(rewritten))
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg}") from error


def values_in(text: str) -> Iterator[str]:
    """Yield the texts of the objects and arrays that stand whole in a text, the outermost ones, in their order.

    Raises:
        Unreadable: A bracket has no other half: what stands within might be a part of what is meant.
    """
    position = 0
    while (found := _BRACKET.search(text, position)) is not None:
        begin = found.start()
        position = _end(text, begin) if found[0] in _CLOSING else 0
        if not position:
            raise Unreadable(f"has a bracket without its other half at {_shown(text[begin:])}")
        yield text[begin:position]


def _decoded(text: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise Unreadable("is nested too deep") from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        # Python's own limit on the digits of a number among them.
        raise error if isinstance(error, Unreadable) else Unreadable("holds a number that is too long") from error
    if _depth(text) > MAX_DEPTH and depth_of(value) > MAX_DEPTH:
        raise Unreadable("is nested too deep")
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Unreadable("holds half of a surrogate pair") from error
    return value


def _depth(text: str) -> int:
    """Return a bound on the nesting, at no cost."""
    return text.count("{") + text.count("[")


def depth_of(value: Any) -> int:
    """Return how deep a value is nested; 1 for one that holds no others."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Unreadable(f'has the key "{twice[:_SHOWN]}" twice')
    return made


def _refuse(name: str) -> Any:
    raise Unreadable(f"holds {name}, which JSON does not have")


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise Unreadable("holds a number that is too large")
    return _whole(text, value) if value.is_integer() else value


def _whole(text: str, value: float) -> float:
    """Return what a number is that as a float would be a whole one: 9007199254740993.0 would be another one."""
    try:
        exact = Decimal(text)
        if exact == exact.to_integral_value():
            return value if abs(value) < _FLOATS_SKIP else int(exact)
    except ArithmeticError as error:
        raise Unreadable("holds a number that cannot be read exactly") from error
    raise Unreadable("holds a number that cannot be read exactly")


def _rewritten(text: str) -> Iterator[str]:
    """Yield the tokens of a text as JSON has them."""
    tokens = _apart(list(_tokens(text)))
    for index, (kind, token) in enumerate(tokens):
        after = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        match kind:
            case "punctuation" if token == "," and after in _CLOSING.values():  # noqa: S105 - of JSON.
                # It follows an element; a comma after nothing stays, and is refused.
                if index and tokens[index - 1][1] not in _OPEN:
                    continue
                yield token
            case "string":
                yield _escaped(token)
            case "quoted":
                yield _requoted(token)
            case "word":
                yield _word(token, key=after == ":")
            case _:
                yield token


def _apart(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return tokens of which no two are values beside each other: 1 2 is not 12."""
    for (before, _), (kind, token) in pairwise(tokens):
        if "punctuation" not in {before, kind}:
            raise Unreadable(f"is not JSON: something is missing before {_shown(token)}")
    return tokens


def _word(token: str, *, key: bool) -> str:
    if key and token not in _PYTHONS:
        return json.dumps(token)
    if key:
        raise Unreadable(f"is not JSON: the key {token} has no quotes")
    if token not in _WORDS:
        raise Unreadable(f'is not JSON: the word "{token[:_SHOWN]}" is no value')
    return _WORDS[token]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable(f"is not JSON at {_shown(text[position:])}")
        position = match.end()
        if match.lastgroup not in {"space", "comment"}:
            yield match.lastgroup or "", match[0]


def _escaped(token: str) -> str:
    def escape(found: re.Match[str]) -> str:
        if found[0][1:] in _RAW:
            raise Unreadable("is not JSON: a backslash stands at the end of a line")
        return _RAW.get(found[0], found[0])

    return _IN_STRING.sub(escape, token)


def _requoted(token: str) -> str:
    """Put a text from single into double quotes."""
    inner = re.sub(
        r"\\.|\"", lambda found: {"\\'": "'", '"': '\\"'}.get(found[0], found[0]), token[1:-1], flags=re.DOTALL
    )
    return _escaped(f'"{inner}"')


def _end(text: str, begin: int) -> int:
    """Return where the value that begins there has ended; 0 where it does not."""
    expected: list[str] = []
    position = begin
    while match := _TOKEN.match(text, position) or _OF_PROSE.match(text, position):
        position, token = match.end(), match[0]
        if match.lastgroup != "punctuation":
            continue
        if token in _CLOSING:
            expected.append(_CLOSING[token])
        elif token in _CLOSING.values():
            if not expected or expected.pop() != token:
                return 0
            if not expected:
                return position
    return 0


def _shown(text: str) -> str:
    return json.dumps(text[:_SHOWN], ensure_ascii=False)
