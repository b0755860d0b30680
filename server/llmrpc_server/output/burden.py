"""How much work a JSON Schema can make of an answer, counted before it is compiled.

The validator opens a reference wherever it stands: a chain of definitions that name the next one twice is short, and
what it opens to is not. Each definition is counted once here, however often it is named.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from llmrpc_server.output.references import MAX_NESTING, TOO_DEEP, References, children, circle

_BY_KEY = ("dependentSchemas", "dependencies")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_OF_ITEMS = ("items", "prefixItems", "additionalItems", "contains", "unevaluatedItems")
_OF_THE_REST = ("additionalProperties", "unevaluatedProperties")
# They make the matching go back and forth; all else takes as long as the text is.
_LOOKS_AROUND = re.compile(r"\(\?[=!>]|\(\?<[=!]|\\[1-9k]|[+*?}]\+")
_PATTERN, _LOOKING_AROUND = 1, 100
# Large numbers are divided digit by digit.
_DIVISION = 100
_TEN = 10
# So much and more is all the same: numbers stay small where they double at each step.
_ENDLESS = 10**9


class TooMuch(ValueError):
    """A schema is too much work; the text says why."""


class Burden(NamedTuple):
    """What can come together at one place of an answer, at worst.

    Attributes:
        schemas: How many schemas apply to it.
        words: How many alternatives and names an error can have to tell.
        turns: How many of the schemas begin anew, which is recursion.
    """

    schemas: int = 0
    words: int = 0
    turns: int = 0


_NONE = Burden()
_TURN = Burden(schemas=1, turns=1)
_BESIDE = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", *_BY_KEY, *_REFERENCES}
_LEADING = _BESIDE | {"properties", "patternProperties", "propertyNames", *_OF_ITEMS, *_OF_THE_REST}


def compiling(root: Any) -> int:
    """Count what it takes to compile the patterns of a schema, each once; one that repeats counts for ten."""
    found: set[str] = set()
    left = [root]
    while left:
        at = left.pop()
        if isinstance(at, dict):
            found |= {one for one in (at.get("pattern"),) if isinstance(one, str)}
            found.update(_keys(at.get("patternProperties")))
        left += children(at)
    return sum(_TEN if "{" in one else 1 for one in found)


def burden(root: Any) -> Burden:
    """Count a schema.

    Raises:
        BadReference: It has one that leads nowhere, or in a circle.
        TooMuch: It is nested too deep.
    """
    return _Count(root).worst(root)


class _Count:
    def __init__(self, root: Any) -> None:
        self._references = References(root)
        self._here: dict[int, Burden] = {}
        self._below: dict[int, Burden] = {}
        self._open: list[int] = []

    def worst(self, schema: Any) -> Burden:
        """Return what can come together where a schema applies, or anywhere below."""
        schema = self._references.opened(schema)
        if not isinstance(schema, dict):
            return _NONE
        if _LEADING.isdisjoint(schema):
            return _own(schema)
        under = self._under(schema)
        return _TURN if under is _TURN else _worst((self._at(schema), under))

    def _at(self, schema: Any) -> Burden:
        return self._once(schema, self._here, self._count_here)

    def _under(self, schema: Any) -> Burden:
        return self._once(schema, self._below, self._count_below)

    def _once(self, schema: Any, known: dict[int, Burden], count: Callable[[dict[str, Any]], Burden]) -> Burden:
        schema = self._references.opened(schema)
        if not isinstance(schema, dict):
            return _NONE
        if _LEADING.isdisjoint(schema):
            return _own(schema) if known is self._here else _NONE
        key = id(schema)
        if known is self._here and known.get(key) is _TURN:
            raise circle(schema)
        if key not in known:
            known[key] = _TURN  # Whoever comes by before it is counted has come round.
            self._open.append(key)
            if len(self._open) > MAX_NESTING:
                raise TooMuch(TOO_DEEP)
            known[key] = count(schema)
            self._open.pop()
        return known[key]

    def _count_here(self, schema: dict[str, Any]) -> Burden:
        return _sum((_own(schema), *map(self._at, self._beside(schema))))

    def _count_below(self, schema: dict[str, Any]) -> Burden:
        keys = schema.get("patternProperties")
        patterns = keys.items() if isinstance(keys, dict) else ()
        by_pattern = _sum(_sum((Burden(_of_pattern(key)), self.worst(inner))) for key, inner in patterns)
        named = [*_values(schema.get("properties")), *(schema.get(key) for key in _OF_THE_REST)]
        of_keys = _sum((by_pattern, _worst(map(self.worst, named)), self.worst(schema.get("propertyNames"))))
        items = (inner for key in _OF_ITEMS for inner in _several(schema.get(key)))
        of_items = _sum((_worst(map(self.worst, items)), self.worst(schema.get("contains"))))
        return _sum((_worst((of_keys, of_items)), *map(self._under, self._beside(schema))))

    def _beside(self, schema: dict[str, Any]) -> Iterator[Any]:
        """Yield the schemas that apply at the same place."""
        for key in _BESIDE & schema.keys():
            if key in _REFERENCES:
                yield from self._references.referred(schema, str(schema[key]))
            elif key in _BY_KEY:
                yield from _values(schema[key])
            else:
                yield from _several(schema[key])


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else (value,)


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else ()


def _keys(value: Any) -> Iterable[Any]:
    return value if isinstance(value, dict) else ()


def _sum(burdens: Iterable[Burden]) -> Burden:
    columns = zip(_NONE, *burdens, strict=True)
    return Burden(*(min(sum(column), _ENDLESS) for column in columns))


def _worst(burdens: Iterable[Burden]) -> Burden:
    return Burden(*map(max, zip(_NONE, _NONE, *burdens, strict=True)))


def _own(schema: dict[str, Any]) -> Burden:
    """Count a schema without those in it."""
    schemas = 1 + _of_pattern(schema.get("pattern"))
    if "multipleOf" in schema:
        schemas += _DIVISION
    lists = (schema.get("enum"), schema.get("required"), *_values(schema.get("dependentRequired")))
    return Burden(schemas, sum(map(_told, lists)))


def _told(names: Any) -> int:
    """Count alternatives or names; those that are no scalars for ten."""
    if not isinstance(names, list):
        return 0
    return sum(_TEN if isinstance(name, dict | list) else 1 for name in names)


def _of_pattern(pattern: Any) -> int:
    if not isinstance(pattern, str):
        return 0
    return _LOOKING_AROUND if _LOOKS_AROUND.search(pattern) else _PATTERN
