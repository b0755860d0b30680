"""Shapes that the answer must have."""

from llmrpc.v1.completion_pb2 import JsonFormat, JsonSchemaFormat, OutputFormat
from rendering.saying import asked, user
from rendering.tools import TIME

# What OpenAI's strict mode takes; the order of its keys is no alphabet's.
STRICT = """{"type": "object", "required": ["size", "name"], "additionalProperties": false, "properties": {
    "size": {"type": "integer", "enum": [123456789012345678901234567890, 2]},
    "name": {"type": ["string", "null"], "description": "Größe"}}}"""
# What it refuses: an object that is open, and a property that may be missing.
LOOSE = """{"type": "object", "properties": {"b": {"type": "object", "properties": {"y": {"type": "number"}}},
    "a": {"type": "array", "items": {"type": "object", "properties": {}}}}, "required": ["b"]}"""


def shaped(name: str, schema: str) -> OutputFormat:
    """Make the format of a schema."""
    return OutputFormat(json_schema=JsonSchemaFormat(name=name, schema_json=schema))


FORMATS = {
    "JSON mode": asked(user("As JSON: a colour."), output=OutputFormat(json=JsonFormat())),
    "a strict schema": asked(user("A thing."), output=shaped("thing", STRICT)),
    "a loose schema without a name": asked(user("A thing."), output=shaped("", LOOSE)),
    "a schema and tools": asked(user("A thing."), tools=[TIME], output=shaped("thing", STRICT)),
    "a schema and an effort": asked(
        user("A thing."),
        output=shaped("thing", STRICT),
        config={"reasoning_effort": "REASONING_EFFORT_LOW"},
    ),
}
