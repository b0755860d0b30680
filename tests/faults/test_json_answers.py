"""JSON of the shape that a request asks for."""

import json
from typing import Any

import pytest

from fault_provider import FaultProvider
from fault_provider.instance import instance
from faults.dialects import SCHEMA, shape
from faults.wire import COHERE, OPENAI, PATHS, RESPONSES, ask


@PATHS
async def test_an_instance_of_the_schema(provider: FaultProvider, path: str) -> None:
    """`json` answers what the schema describes, in several tokens."""
    raw = await ask(provider, path, "json", **shape(path, SCHEMA))

    assert {"city": "à", "days": 1} == json.loads(raw.text)
    await provider.wait_until(lambda attempts: attempts[0].tokens_sent == 4)


@pytest.mark.parametrize("path", [OPENAI, RESPONSES, COHERE])
async def test_json_mode(provider: FaultProvider, path: str) -> None:
    """Without a schema it is any object."""
    raw = await ask(provider, path, "json", messages=[{"role": "user", "content": "In JSON."}], **shape(path))

    assert {"ok": True} == json.loads(raw.text)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object"}, {}),
        ({}, {}),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}, {"b": "à"}),
        ({"type": "string", "minLength": 3}, "ààà"),
        ({"type": "string", "format": "date"}, "2026-01-02"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "number", "exclusiveMinimum": 5}, 6),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "string"]}, None),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": 7}, 7),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, 1),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, "àà"),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 3}}}, 3),
    ],
)
def test_instances(schema: dict[str, Any], value: Any) -> None:
    """Each keyword that shapes a value is minded."""
    assert value == instance(schema)


def test_an_endless_schema_ends() -> None:
    """A schema that requires itself has an instance that stops somewhere."""
    assert instance({"required": ["a"], "properties": {"a": {"$ref": "#"}}})
