"""Shapes that the answer must have."""

from typing import Final

from openai.types.shared_params import ResponseFormatJSONSchema

from rendering.expectation import Expectation
from rendering.openai_chat.sdk import MODEL, sent
from rendering.openai_chat.tools import TIME

STRICT: Final[ResponseFormatJSONSchema] = {
    "type": "json_schema",
    "json_schema": {
        "name": "thing",
        "schema": {
            "type": "object",
            "required": ["size", "name"],
            "additionalProperties": False,
            "properties": {
                "size": {"type": "integer", "enum": [123456789012345678901234567890, 2]},
                "name": {"type": ["string", "null"], "description": "Größe"},
            },
        },
        "strict": True,
    },
}

FORMATS: dict[str, Expectation] = {
    "JSON mode": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "As JSON: a colour."}],
        response_format={"type": "json_object"},
    ),
    "a strict schema": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "A thing."}],
        response_format=STRICT,
    ),
    "a loose schema without a name": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "A thing."}],
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "output",
                "schema": {
                    "type": "object",
                    "properties": {
                        "b": {"type": "object", "properties": {"y": {"type": "number"}}},
                        "a": {"type": "array", "items": {"type": "object", "properties": {}}},
                    },
                    "required": ["b"],
                },
            },
        },
    ),
    "a schema and tools": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "A thing."}],
        tools=[TIME],
        response_format=STRICT,
    ),
    "a schema and an effort": sent(
        model=MODEL,
        messages=[{"role": "user", "content": "A thing."}],
        response_format=STRICT,
        reasoning_effort="low",
    ),
}
