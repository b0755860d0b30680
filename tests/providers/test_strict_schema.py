"""Which schemas strict mode takes."""

import json
from typing import Any

import pytest

from llmrpc_server.providers.strict_schema import is_strict

TEXT = {"type": "string"}


def closed(**properties: Any) -> dict[str, Any]:
    """Write an object as strict mode wants it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        closed(),
        {"type": "object", "additionalProperties": False},
        closed(a=TEXT, b=closed(c={"type": ["integer", "null"]})),
        closed(a={"type": "array", "items": closed(b=TEXT)}),
        closed(a={"anyOf": [TEXT, closed(b=TEXT)]}),
        closed(a={"enum": ["x", 1]}, b={"const": {"properties": {}}}),
        {**closed(a={"$ref": "#/$defs/b"}), "$defs": {"b": closed(c=TEXT)}},
        {**closed(a={"$ref": "#"}), "title": "A", "description": "An a.", "required": ["a", "a"]},
        closed(items=TEXT, properties=TEXT, anyOf=TEXT, allOf=TEXT, type=TEXT),
    ],
)
def test_strict(schema: dict[str, Any]) -> None:
    """Every object is closed and requires all that it may have, however deep it stands."""
    assert is_strict(json.dumps(schema))


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        TEXT,
        {"anyOf": [closed()]},
        {"type": "object"},
        {**closed(a=TEXT), "additionalProperties": True},
        {**closed(a=TEXT), "additionalProperties": {}},
        {**closed(a=TEXT), "required": []},
        {**closed(a=TEXT), "required": "a"},
        {**closed(a=TEXT), "required": [["a"]]},
        {**closed(), "properties": [], "type": "object"},
        closed(a=True),
        closed(a={}),
        closed(a={"properties": {}}),
        closed(a={"type": ["object", "null"]}),
        closed(a={"type": "array", "items": {"type": "object"}}),
        closed(a={"type": "array", "prefixItems": [{"type": "object"}]}),
        closed(a={"anyOf": [TEXT, {"type": "object"}]}),
        {**closed(), "$defs": {"b": {"type": "object"}}},
        {**closed(), "definitions": {"b": {"type": "object"}}},
        closed(a={"type": "string", "not": TEXT}),
        {**closed(), "allOf": [closed()]},
        {**closed(), "patternProperties": {"a": TEXT}},
        {**closed(), "if": {}, "then": {}},
    ],
)
def test_not_strict(schema: Any) -> None:
    """One object that is open, one property that may be missing, or one keyword too many, and it is not."""
    assert not is_strict(json.dumps(schema))


@pytest.mark.parametrize("text", ["", "{", "7", "[" * 100_000, '{"type":"object","n":' + "[" * 100_000])
def test_what_is_no_schema(text: str) -> None:
    """It is not strict."""
    assert not is_strict(text)
