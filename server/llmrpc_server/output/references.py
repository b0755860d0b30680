"""Where the references of a JSON Schema lead: pointers, anchors, and schemas with identifiers of their own."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

_METASCHEMAS = ("http://json-schema.org/", "https://json-schema.org/")
_BESIDE_A_REFERENCE = {"$ref", "$defs", "title", "description", "default", "deprecated", "examples"}
# Stands for a schema as large as the largest of the drafts' own ones.
_OF_A_DRAFT: dict[str, Any] = {"enum": [""] * 100, "allOf": [{"minimum": 0}] * 100}
_SHOWN = 80
MAX_NESTING = 200
TOO_DEEP = f"must not be nested more than {MAX_NESTING} deep, references opened"


class BadReference(ValueError):
    """A reference leads nowhere, in a circle, or too far; the text says which."""


class References:
    """The references of one schema."""

    def __init__(self, root: Any) -> None:
        self._bases: dict[int, str] = {}
        self._named: dict[str, list[Any]] = {"": [root]}
        self._opened: dict[int, Any] = {}
        self._gather(root)

    def opened(self, schema: Any) -> Any:
        """Return what a reference by itself stands for; any other schema as it is.

        Raises:
            BadReference: It leads nowhere, back to itself, or too far.
        """
        passed: set[int] = set()
        while isinstance(schema, dict) and "$ref" in schema and schema.keys() <= _BESIDE_A_REFERENCE:
            if id(schema) in passed:
                raise circle(schema)
            if id(schema) in self._opened:
                schema = self._opened[id(schema)]
                break
            if len(passed) == MAX_NESTING:
                raise BadReference(TOO_DEEP)
            passed.add(id(schema))
            schema = self.referred(schema, str(schema["$ref"]))[0]
        self._opened |= dict.fromkeys(passed, schema)
        return schema

    def referred(self, schema: Any, reference: str) -> list[Any]:
        """Return what a reference in a schema stands for; several where that depends on who asks.

        Raises:
            BadReference: It leads nowhere.
        """
        uri = urljoin(self._bases.get(id(schema), ""), reference)
        if uri in self._named:
            return self._named[uri]
        document, fragment = urldefrag(uri)
        if document.startswith(_METASCHEMAS):
            return [_OF_A_DRAFT]
        at = self._named.get(document, [None])[0]
        for step in unquote(fragment).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(at, list) and name.isdecimal() and int(name) < len(at):
                at = at[int(name)]
            else:
                at = at.get(name) if isinstance(at, dict) else None
        if at is None:
            raise BadReference(f'has a reference that leads nowhere: "{reference[:_SHOWN]}"')
        return [at]

    def _gather(self, root: Any) -> None:
        """Note the schemas that have names of their own."""
        left = [(root, "")]
        while left:
            at, base = left.pop()
            if isinstance(at, dict):
                own = at.get("$id", at.get("id"))
                if isinstance(own, str):
                    name = urljoin(base, own)
                    base = base if own.startswith("#") else urldefrag(name)[0]
                    self._named.setdefault(name.removesuffix("#"), [at])
                self._bases[id(at)] = base
                for key in ("$anchor", "$dynamicAnchor"):
                    if isinstance(anchor := at.get(key), str):
                        self._named.setdefault(f"{base}#{anchor}", []).append(at)
            left += [(inner, base) for inner in children(at)]


def circle(schema: Any) -> BadReference:
    """Make the error of a schema that leads back to itself at one and the same place of an answer."""
    reference = next((f': "{str(schema[key])[:_SHOWN]}"' for key in ("$ref", "$dynamicRef") if key in schema), "")
    return BadReference(f"has a reference that leads back to itself, and so says nothing{reference}")


def children(value: Any) -> Iterable[Any]:
    """Return what is in an object or a list."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
