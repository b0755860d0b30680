"""Shapes that the answer must have."""

from typing import Final

from anthropic.types import JSONOutputFormatParam, MessageParam

from llmrpc_server.output.schema import AnyObject
from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.anthropic_messages.tools import TIME
from rendering.expectation import Expectation

ASKED: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "A thing."}]}
STRICT: Final[JSONOutputFormatParam] = {
    "type": "json_schema",
    "schema": {
        "type": "object",
        "required": ["size", "name"],
        "additionalProperties": False,
        "properties": {
            "size": {"type": "integer", "enum": [123456789012345678901234567890, 2]},
            "name": {"type": ["string", "null"], "description": "Größe"},
        },
    },
}

FORMATS: dict[str, Expectation] = {
    # The API has none: the model is told.
    "JSON mode": sent(
        model=MODEL,
        max_tokens=4096,
        system=[{"type": "text", "text": AnyObject.instructions}],
        messages=[{"role": "user", "content": [{"type": "text", "text": "As JSON: a colour."}]}],
    ),
    "a strict schema": sent(model=MODEL, max_tokens=4096, messages=[ASKED], output_config={"format": STRICT}),
    # The API refuses objects that are open.
    "a loose schema without a name": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[ASKED],
        output_config={
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {
                        "b": {
                            "type": "object",
                            "properties": {"y": {"type": "number"}},
                            "additionalProperties": False,
                        },
                        "a": {
                            "type": "array",
                            "items": {"type": "object", "properties": {}, "additionalProperties": False},
                        },
                    },
                    "required": ["b"],
                    "additionalProperties": False,
                },
            },
        },
    ),
    "a schema and tools": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[ASKED],
        tools=[TIME],
        output_config={"format": STRICT},
    ),
    "a schema and an effort": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[ASKED],
        thinking={"type": "adaptive"},
        output_config={"format": STRICT, "effort": "low"},
    ),
}
