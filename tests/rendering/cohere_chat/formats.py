"""Shapes that the answer must have."""

from cohere import types as co

from llmrpc_server.output.schema import instructions
from rendering.cohere_chat.sdk import MODEL, sent
from rendering.cohere_chat.tools import TIME
from rendering.expectation import Expectation
from rendering.formats import STRICT as STRICT_TEXT

ASKED = co.UserChatMessageV2(content="A thing.")
STRICT = co.JsonObjectResponseFormatV2(
    json_schema={
        "type": "object",
        "required": ["size", "name"],
        "additionalProperties": False,
        "properties": {
            "size": {"type": "integer", "enum": [123456789012345678901234567890, 2]},
            "name": {"type": ["string", "null"], "description": "Größe"},
        },
    },
)

FORMATS: dict[str, Expectation] = {
    "JSON mode": sent(
        model=MODEL,
        messages=[co.UserChatMessageV2(content="As JSON: a colour.")],
        response_format=co.JsonObjectResponseFormatV2(),
    ),
    "a strict schema": sent(model=MODEL, messages=[ASKED], response_format=STRICT),
    "a loose schema without a name": sent(
        model=MODEL,
        messages=[ASKED],
        response_format=co.JsonObjectResponseFormatV2(
            json_schema={
                "type": "object",
                "properties": {
                    "b": {"type": "object", "properties": {"y": {"type": "number"}}},
                    "a": {"type": "array", "items": {"type": "object", "properties": {}}},
                },
                "required": ["b"],
            },
        ),
    ),
    # The API refuses the two together: the model is told.
    "a schema and tools": sent(
        model=MODEL,
        messages=[co.SystemChatMessageV2(content=instructions(STRICT_TEXT)), ASKED],
        tools=[TIME],
    ),
    "a schema and an effort": sent(
        model=MODEL,
        messages=[ASKED],
        response_format=STRICT,
        thinking=co.Thinking(type="enabled"),
    ),
}
