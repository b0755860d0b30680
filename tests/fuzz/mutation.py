"""Streams and answers as no vendor should send them: events, values and bytes that are lost, doubled or odd."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from fuzz.answers import Event, Fields
from fuzz.framing import framed, json_bytes
from replay.reading import events as read_events

_NUMBERS = (-1, 0, 1, 2**31, 2**53, 2**63, 2**64, -(2**64), 10**400, 1.5, -0.0, 1e308)
_NO_NUMBERS = (float("nan"), float("inf"), float("-inf"))
_TEXTS = ("", "x", "7", "1e999", "NaN", "\ud800", "\ud83d", "\x00", "call_1", "error", "text", "x" * 300)
_OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"x": None},
    {"type": "text"},
    [{"type": "x"}],
)
_ODD: tuple[Any, ...] = (*_NUMBERS, *_NO_NUMBERS, *_TEXTS, *_OTHERS)
# Keys that mean something to some format.
_NAMES = (
    *("index", "id", "type", "text", "delta", "content", "tool_calls", "message", "error", "usage", "object", "input"),
    *("logprobs", "annotations", "citations", "reasoning_details", "images", "audio", "extra_content", "signature"),
    *("thinking", "output", "item", "part", "summary", "refusal", "function", "finish_reason", "sources", "x"),
)
_BYTES = (
    b"",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\n",
    b"\n\n",
    b"\r",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"]",
    b",",
    b"[" * 3000,
)
_MOST_MUTATIONS = 4

_Place = tuple[dict[Any, Any] | list[Any], Any]


def mutated_stream(events: list[Event], dice: random.Random) -> bytes:
    """Write events, some of them lost, doubled, swapped or changed inside; one time in three change bytes as well."""
    events = list(events)
    for _ in range(dice.randint(1, _MOST_MUTATIONS)):
        _mutate_events(events, dice)
    body = framed(events, dice)
    return mutated_bytes(body, dice) if dice.random() < 1 / 3 else body


def mutated_answer(whole: Fields, dice: random.Random) -> bytes:
    """Write a whole answer, changed inside; one time in three change bytes as well."""
    whole = copy.deepcopy(whole)
    for _ in range(dice.randint(1, _MOST_MUTATIONS)):
        _mutate_value(whole, dice)
    body = json_bytes(whole, dice)
    return mutated_bytes(body, dice) if dice.random() < 1 / 3 else body


def mutated_body(body: bytes, dice: random.Random) -> bytes:
    """Mutate a body as what it is: a stream, or a whole answer; what is neither has bytes alone."""
    try:
        if body.lstrip().startswith(b"{"):
            return mutated_answer(json.loads(body), dice)
        return mutated_stream([(name, _object(told)) for name, told in read_events(body)], dice)
    except (ValueError, RecursionError):
        return mutated_bytes(body, dice)


def mutated_bytes(body: bytes, dice: random.Random) -> bytes:
    """Lose, double, change or add bytes."""
    for _ in range(dice.randint(1, _MOST_MUTATIONS)):
        start, end = sorted((dice.randint(0, len(body)), dice.randint(0, len(body))))
        end = dice.choice((end, min(start + 1, len(body)), min(start + 8, len(body))))
        match dice.randrange(5):
            case 0:
                body = body[:start] + body[end:]
            case 1:
                body = body[:end] + body[start:]
            case 2:
                body = body[:start] + dice.choice(_BYTES) + body[start:]
            case 3:
                body = body[:start] + dice.choice(_BYTES) + body[end:]
            case _:
                body = body[:start] + bytes([dice.randrange(256)]) + body[start + 1 :]
    return body


def _object(data: str) -> Fields | bytes:
    """Decode an event's data where it is an object."""
    try:
        told: object = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    return told if isinstance(told, dict) else data.encode(errors="surrogatepass")


def _mutate_events(events: list[Event], dice: random.Random) -> None:
    if not events:
        return
    at, other = dice.randrange(len(events)), dice.randrange(len(events))
    name, told = events[at]
    match dice.randrange(8):
        case 0:
            del events[at]
        case 1:
            events.insert(other, events[at])
        case 2:
            events[at], events[other] = events[other], events[at]
        case 3:
            events[at] = dice.choice(("", "error", "x", name)), told
        case _ if isinstance(told, dict):
            told = copy.deepcopy(told)
            _mutate_value(told, dice)
            events[at] = name, told
        case _:
            events[at] = name, dice.choice((b"", b"{}", b"[]", b"null", b"7", b'"x"'))


def _mutate_value(value: Fields, dice: random.Random) -> None:
    """Change a value, lose one, add one, or put another of its values in its place."""
    places = list(_places(value))
    if not places:
        value[dice.choice(_NAMES)] = dice.choice(_ODD)
        return
    holder, key = dice.choice(places)
    match dice.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[dice.choice(_NAMES)] = _some(places, dice)
        case 1 if isinstance(holder, list):
            holder.insert(key, _some(places, dice))
        case _:
            holder[key] = _some(places, dice)


def _some(places: list[_Place], dice: random.Random) -> Any:
    if dice.random() < 0.7:
        return copy.deepcopy(dice.choice(_ODD))
    holder, key = dice.choice(places)
    return copy.deepcopy(holder[key])


def _places(value: Any) -> Iterator[_Place]:
    """Yield where a value stands, for each that stands in another."""
    keys: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])
