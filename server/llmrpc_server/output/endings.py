"""Whether any answer can satisfy a recursive JSON Schema before it ends.

A list whose every element requires the next one has none: a model that is held to it writes until its tokens are gone.
"""

from collections.abc import Iterator
from typing import Any

from llmrpc_server.output.references import References

# Enough for what people write; what takes more looks to tell is taken for one that ends.
_LOOKS = 4


def ends(root: Any) -> bool:
    """Tell it; where it cannot be told, it can.

    Raises:
        BadReference: It has one that leads nowhere, or in a circle.
    """
    looking = _Looking(root)
    for _ in range(_LOOKS):
        known = len(looking.known)
        if looking.ends(root):
            return True
        # What is asked for while it is looked at does not end this time round; what was found to end stays so.
        if len(looking.known) == known:
            return False
        looking.begun.clear()
    return True


class _Looking:
    """Finds schemas that end.

    Attributes:
        known: Those that were found to end, by their identity.
        begun: Those that were looked at this time round.
    """

    def __init__(self, root: Any) -> None:
        self._references = References(root)
        self.known: set[int] = set()
        self.begun: set[int] = set()

    def ends(self, schema: Any) -> bool:
        """Look at a schema, and at what it cannot do without."""
        key = id(schema)
        if not isinstance(schema, dict) or key in self.known:
            return True
        if key in self.begun:
            return False
        self.begun.add(key)
        if all(map(self.ends, self._required(schema))) and all(map(self._some, _choices(schema))):
            self.known.add(key)
        return key in self.known

    def _some(self, schemas: list[Any]) -> bool:
        return any(map(self.ends, schemas))

    def _required(self, schema: dict[str, Any]) -> Iterator[Any]:
        """Yield the schemas that each value of it has to satisfy, or to hold a value of."""
        if "$ref" in schema:
            # What stands beside it says nothing in the older drafts.
            yield self._references.referred(schema, str(schema["$ref"]))[0]
            return
        yield from _several(schema.get("allOf"))
        match schema.get("type"):
            case "object" | ["object"]:
                properties = schema.get("properties")
                for name in _several(schema.get("required")):
                    if isinstance(properties, dict) and isinstance(name, str):
                        yield properties.get(name)
            case "array" | ["array"]:
                yield from _elements(schema)


def _elements(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the schemas of elements that an array must have."""
    least = schema.get("minItems", 0)
    if not isinstance(least, int | float):
        return
    first, items = schema.get("prefixItems"), schema.get("items")
    if isinstance(items, list):  # as drafts before 2020-12 have it
        first, items = items, schema.get("additionalItems")
    placed = _several(first)
    yield from placed[: int(min(least, len(placed)))]
    if least > len(placed):
        yield items
    if schema.get("minContains", 1) != 0:
        yield schema.get("contains")


def _choices(schema: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield lists of schemas of which a value satisfies one."""
    keys = () if "$ref" in schema else ("anyOf", "oneOf")
    return (found for key in keys if (found := _several(schema.get(key))))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
