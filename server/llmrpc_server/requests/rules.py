"""Single rules: each finds what is wrong with a value at a path, and tells what would be right."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from google.protobuf.duration_pb2 import Duration

# Of a name in a message.
MAX_NAME_SHOWN = 64
# protobuf's own bounds of a Duration: beyond them it has no JSON.
_MOST_SECONDS = 315_576_000_000
_MOST_NANOS = 999_999_999

Found = Iterator[tuple[str, str]]


def known(path: str, noun: str, value: int, known: Collection[int]) -> Found:
    """Find a value of an enum that this server does not know."""
    if value not in known:
        yield path, f"must be a known {noun}, is {value}"


def positive(path: str, value: Duration) -> Found:
    """Find a duration that is not more than nothing, or none at all."""
    if abs(value.seconds) > _MOST_SECONDS or abs(value.nanos) > _MOST_NANOS or value.seconds * value.nanos < 0:
        yield path, f"must have at most {_MOST_SECONDS} seconds and {_MOST_NANOS} nanos, with the same sign"
    elif value.ToNanoseconds() <= 0:
        yield path, "must be more than 0"


def no_nul(path: str, text: str) -> Found:
    """Find a character that no column of PostgreSQL takes."""
    if "\0" in text:
        yield path, "must not hold a NUL character"


def at_most(name: str, text: str, limit: int) -> Found:
    """Find a text of more characters than allowed."""
    if len(text) > limit:
        yield name, f"must be at most {limit} characters, has {len(text)}"


def json_text(path: str, text: str, *kinds: type[Any]) -> Found:
    """Find what is not the JSON text of one of some kinds."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        yield path, f"must be JSON text: {error}"
        return
    if not isinstance(value, kinds):
        yield path, "must be the JSON text of an object"


def _refuse_constant(name: str) -> float:
    # Python's reader takes NaN and Infinity; JSON and every provider do not.
    msg = f"{name} is not JSON"
    raise ValueError(msg)
