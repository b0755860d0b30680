"""Shapes that the answer must have."""

from typing import Final

from openai.types.responses import EasyInputMessageParam, ResponseFormatTextJSONSchemaConfigParam

from rendering.expectation import Expectation
from rendering.openai_responses.sdk import sent
from rendering.openai_responses.tools import TIME

ASKED: Final[EasyInputMessageParam] = {"role": "user", "content": "A thing."}
STRICT: Final[ResponseFormatTextJSONSchemaConfigParam] = {
    "type": "json_schema",
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
}

FORMATS: dict[str, Expectation] = {
    "JSON mode": sent(
        input=[{"role": "user", "content": "As JSON: a colour."}],
        text={"format": {"type": "json_object"}},
    ),
    "a strict schema": sent(input=[ASKED], text={"format": STRICT}),
    "a loose schema without a name": sent(
        input=[ASKED],
        text={
            "format": {
                "type": "json_schema",
                "name": "output",
                "schema": {
                    "type": "object",
                    "properties": {
                        "b": {"type": "object", "properties": {"y": {"type": "number"}}},
                        "a": {"type": "array", "items": {"type": "object", "properties": {}}},
                    },
                    "required": ["b"],
                },
                "strict": False,
            },
        },
    ),
    "a schema and tools": sent(input=[ASKED], tools=[TIME], text={"format": STRICT}),
    "a schema and an effort": sent(input=[ASKED], text={"format": STRICT}, reasoning={"effort": "low"}),
}
