"""JSON read into structs, and what the structs do not know."""

import json
from typing import Any

import pytest

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.reading import Known, Reader, merge


class Inner(Known):
    """An object in another."""

    text: str | None = None


class Outer(Known, rename={"kind": "type"}):
    """An object of a made-up format."""

    kind: str = ""
    count: int | None = None
    one: Inner | None = None
    many: list[Inner] | None = None


READER = Reader(Outer, "an outer")


def read(value: Any) -> tuple[Outer, dict[str, Any]]:
    """Read a value."""
    return READER.read("acme", json.dumps(value).encode())


def test_what_is_known() -> None:
    """Known fields are the struct, by their names in JSON; nothing else is left."""
    known, unknown = read({"type": "a", "one": {"text": "x"}, "many": [{"text": "y"}, {}]})

    assert ("a", Inner(text="x"), [Inner(text="y"), Inner()]) == (known.kind, known.one, known.many)
    assert {} == unknown


def test_what_is_unknown() -> None:
    """Unknown fields come back where they stood, in objects and lists; the rest is read all the same."""
    known, unknown = read(
        {"type": "a", "new": 1, "one": {"text": "x", "new": [2]}, "many": [{"text": "y"}, {"new": None}]}
    )

    assert ("a", Inner(text="x"), [Inner(text="y"), Inner()]) == (known.kind, known.one, known.many)
    assert {"new": 1, "one": {"new": [2]}, "many": [{}, {"new": None}]} == unknown


def test_counts_in_words() -> None:
    """Some vendors count in strings and floats."""
    assert 3 == read({"count": "3"})[0].count
    assert 3 == read({"count": 3.0, "new": 1})[0].count


def test_numbers_keep_their_digits() -> None:
    """An unknown number is what the provider sent, beyond what floats can hold."""
    _, unknown = READER.read("acme", b'{"new": 0.1000000000000000055511151231257827, "big": 12345678901234567890123}')

    assert ("0.1000000000000000055511151231257827", 12345678901234567890123) == (str(unknown["new"]), unknown["big"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"type": 1}',
        b'{"type": 1, "new": 1}',
        b'{"new": NaN}',
        b'{"one": [], "new": 1}',
        b'{"many": {"new": 1}}',
        b'{"many": [1], "new": 1}',
        b'{"new": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type": "\\ud800"}',
        b'{"type": "\\ud800", "new": 1}',
        b'{"new": "\\ud800"}',
    ],
    ids=range(15),
)
def test_what_is_no_such_object(data: bytes) -> None:
    """Whatever is not such an object is the provider's failure, told without its words."""
    with pytest.raises(ProviderBadResponse, match="acme sent what is not an outer"):
        READER.read("acme", data)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {"a": 1}),
        ({}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [{"b": 1}]}, {"a": [{"c": 2}]}, {"a": [{"b": 1, "c": 2}]}),
        ({"a": [{"b": 1}, {"d": 4}]}, {"a": [{"c": 2}]}, {"a": [{"b": 1, "c": 2}, {"d": 4}]}),
        ({"a": [{"b": 1}]}, {"a": [{}, {"c": 2}]}, {"a": [{"b": 1}, {"c": 2}]}),
        ({"a": []}, {"a": [{"c": 2}]}, {"a": [{"c": 2}]}),
    ],
)
def test_merge(old: dict[str, Any], new: dict[str, Any], expected: dict[str, Any]) -> None:
    """Objects and lists of objects are merged; of anything else the later value holds, but for null."""
    merge(old, new)

    assert expected == old
