"""Which JSON Schemas OpenAI's strict mode takes; with any other it refuses the whole request."""

from collections.abc import Iterator
from typing import Any

import msgspec

_HOLD_SCHEMAS = ("properties", "$defs", "definitions")
_HOLD_ONE = ("items",)
_HOLD_SEVERAL = ("anyOf", "prefixItems")
# At least one must say what a value is.
_SAY_WHAT = {"type", "anyOf", "$ref", "enum", "const"}
_REFUSED = {
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
}


def is_strict(schema: str) -> bool:
    """Tell whether strict mode takes a schema, given as JSON text.

    It is of an object; every object in it is closed and requires all its properties; it has no keyword that the mode
    lacks.
    """
    try:
        root = msgspec.json.decode(schema)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(root, dict) and root.get("type") == "object" and all(map(_obeys, _schemas(root)))


def _schemas(root: Any) -> Iterator[Any]:
    """Yield the schema and all that are in it, for as long as they are objects."""
    left = [root]
    while left:
        schema = left.pop()
        yield schema
        # A property may be called "items" as well; only a schema's own keywords hold schemas.
        for name in _HOLD_SCHEMAS:
            left += schema[name].values() if isinstance(schema.get(name), dict) else ()
        for name in _HOLD_SEVERAL:
            left += schema[name] if isinstance(schema.get(name), list) else ()
        left += [schema[name] for name in _HOLD_ONE if name in schema]


def _obeys(schema: Any) -> bool:
    if not isinstance(schema, dict) or not schema.keys() & _SAY_WHAT or schema.keys() & _REFUSED:
        return False
    type_ = schema.get("type")
    if "properties" not in schema and type_ != "object" and not (isinstance(type_, list) and "object" in type_):
        return True
    properties, required = schema.get("properties", {}), schema.get("required", [])
    return (
        schema.get("additionalProperties") is False
        and isinstance(properties, dict)
        and isinstance(required, list)
        and properties.keys() <= {name for name in required if isinstance(name, str)}
    )
