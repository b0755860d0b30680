"""A small instance of a JSON Schema: what a model answers that was asked for the shape."""

from collections.abc import Mapping
from typing import Any

TEXT = "à"
"""Every string's text where the schema leaves it open: a character of two bytes."""

_FORMATS = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "a@example.com",
    "time": "03:04:05Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_DEEPEST = 50


def instance(schema: Any) -> Any:
    """Return a value that the schema describes: required properties alone, the first of all choices.

    It minds types, constants, enums, references, lower bounds, lengths and formats, not patterns.
    """
    return _Instance(schema).of(schema, 0)


class _Instance:
    """Makes values; references point into the whole schema."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def of(self, schema: Any, depth: int) -> Any:
        """Return a value of this part of the schema."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return None
        other = self._instead(schema)
        if other is not None:
            return self.of(other, depth + 1)
        choices = [schema["const"]] if "const" in schema else schema.get("enum", ())
        return choices[0] if choices else self._of_type(schema, depth)

    def _instead(self, schema: Mapping[str, Any]) -> Any:
        """Return the schema that stands for this one, None if it stands for itself."""
        if "$ref" in schema:
            return self._resolved(schema["$ref"])
        if "allOf" in schema:
            return {name: value for each in schema["allOf"] for name, value in each.items()}
        choices = schema.get("anyOf") or schema.get("oneOf") or [None]
        return choices[0]

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        """Return a value of the schema's first type; without one it is an object."""
        kind = schema.get("type", "object")
        match kind[0] if isinstance(kind, list) else kind:
            case "object":
                properties = schema.get("properties", {})
                return {name: self.of(properties.get(name), depth + 1) for name in schema.get("required", ())}
            case "array":
                return [self.of(schema.get("items"), depth + 1)] * schema.get("minItems", 1)
            case "string":
                return _FORMATS.get(schema.get("format", ""), TEXT * max(schema.get("minLength", 1), 1))
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
        return None

    def _resolved(self, reference: str) -> Any:
        """Return what a reference such as `#/$defs/name` points to."""
        found = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                found = found.get(step.replace("~1", "/").replace("~0", "~"))
        return found
