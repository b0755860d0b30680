"""JSON Schemas as structured outputs take them: every object in them is closed."""

from collections.abc import Iterator
from typing import Any

import msgspec

from llmrpc_server.providers.conversation import raw_json

_HOLD_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")
_HOLD_ONE = ("items",)
_HOLD_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")


def closed(schema: str) -> Any:
    """Return the schema with `additionalProperties: false` in the objects that do not say; as it is if unreadable."""
    try:
        root = msgspec.json.decode(schema)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw_json(schema)
    for found in _schemas(root):
        if _is_object(found):
            found.setdefault("additionalProperties", False)
    return root


def _schemas(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the schema and all that are in it."""
    left = [root]
    while left:
        schema = left.pop()
        if not isinstance(schema, dict):
            continue
        yield schema
        # A property may be called "items" as well; only a schema's own keywords hold schemas.
        for name in _HOLD_SCHEMAS:
            left += schema[name].values() if isinstance(schema.get(name), dict) else ()
        for name in _HOLD_SEVERAL:
            left += schema[name] if isinstance(schema.get(name), list) else ()
        left += [schema[name] for name in _HOLD_ONE if name in schema]


def _is_object(schema: dict[str, Any]) -> bool:
    type_ = schema.get("type")
    if type_ is None:
        return "properties" in schema
    return type_ == "object" or (isinstance(type_, list) and "object" in type_)
