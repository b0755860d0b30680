"""Reading a request as strictly as providers do: a field that nobody takes is unknown, and refused."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from .errors import InvalidRequest, Path

_WORDS = {str: "a string", int: "an integer", bool: "a boolean", float: "a number", list: "an array", dict: "an object"}


class Fields:
    """An object of the request; the end of its `with` refuses what was not taken. Null is as good as nothing."""

    def __init__(self, value: Any, path: Path = ()) -> None:
        if not isinstance(value, dict):
            raise InvalidRequest("invalid", path, "must be an object")
        self.path = path
        self._left = dict(value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is None and self._left:
            raise InvalidRequest("unknown", (*self.path, next(iter(self._left))))

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return self._left.get(name) is not None

    def take(self, name: str, *kinds: type) -> Any:
        """Return a field of one of these types (none: any), None if there is none."""
        value = self._left.pop(name, None)
        if value is not None and kinds and not any(_is_a(value, kind) for kind in kinds):
            raise self.invalid("must be " + " or ".join(_WORDS[kind] for kind in kinds), name)
        return value

    def need(self, name: str, *kinds: type) -> Any:
        """Return a field that has to be there."""
        value = self.take(name, *kinds)
        if value is None:
            raise InvalidRequest("missing", (*self.path, name))
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """Return a number within its limits."""
        value: float | None = self.take(name, float)
        if value is not None and not least <= value <= most:
            raise self.invalid(f"must be from {least} to {most}", name)
        return value

    def count(self, name: str, least: int = 1) -> int | None:
        """Return a whole number."""
        value: int | None = self.take(name, int)
        if value is not None and value < least:
            raise self.invalid(f"must be at least {least}", name)
        return value

    def choice(self, name: str, *options: str) -> str | None:
        """Return one of some words."""
        value: str | None = self.take(name, str)
        if value is not None and value not in options:
            raise self.invalid("must be one of " + ", ".join(options), name)
        return value

    def need_objects(self, name: str) -> "list[Fields]":
        """Return a list of objects that has to be there."""
        if not self.has(name):
            raise InvalidRequest("missing", (*self.path, name))
        return self.objects(name)

    def strings(self, name: str, most: int) -> tuple[str, ...]:
        """Return a list of strings that are not empty."""
        values = self.take(name, list) or []
        if not all(isinstance(value, str) and value for value in values):
            raise self.invalid("must hold strings that are not empty", name)
        if len(values) > most:
            raise self.invalid(f"must hold at most {most}", name)
        return tuple(values)

    def fields(self, name: str) -> "Fields | None":
        """Return an object."""
        value = self.take(name, dict)
        return None if value is None else Fields(value, (*self.path, name))

    def need_fields(self, name: str) -> "Fields":
        """Return an object that has to be there."""
        return Fields(self.need(name, dict), (*self.path, name))

    def objects(self, name: str) -> "list[Fields]":
        """Return a list of objects."""
        values = self.take(name, list) or []
        return [Fields(value, (*self.path, name, position)) for position, value in enumerate(values)]

    def ignore(self, *names: str) -> None:
        """Take fields that the wire format has and this provider does not mind."""
        for name in names:
            self._left.pop(name, None)

    def ignore_all(self) -> None:
        """Take all that is left, of an object that this provider does not look into."""
        self._left.clear()

    def invalid(self, detail: str, *below: str | int) -> InvalidRequest:
        """Return the error that says so of this object, or of what is below it."""
        return InvalidRequest("invalid", (*self.path, *below), detail)


Described = dict[str, Any]
"""A part of a message in the words that all wire formats share; see docs/fault-provider.md."""

Readers = Mapping[str, Callable[[Fields], Described]]
"""By a part's type."""


def read_parts(fields: Fields, name: str, readers: Readers) -> list[Described]:
    """Return a message's parts: a string is one of text, anything else a list of typed objects."""
    value = fields.need(name, str, list)
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    parts = []
    for position, each in enumerate(value):
        with Fields(each, (*fields.path, name, position)) as part:
            parts.append(read_typed(part, readers))
    return parts


def read_typed(part: Fields, readers: Readers, default: str = "") -> Described:
    """Return a part, read by the reader of its type."""
    kind = part.take("type", str) or default
    if not kind:
        raise InvalidRequest("missing", (*part.path, "type"))
    if kind not in readers:
        raise part.invalid("must be one of " + ", ".join(readers), "type")
    return readers[kind](part)


def said(**values: Any) -> Described:
    """Return what is said of these: neither None nor empty."""
    return {name: value for name, value in values.items() if value is not None and value not in ((), [], {})}


def _is_a(value: Any, kind: type) -> bool:
    """Whether JSON calls the value so: true is no number, and an integer is one."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
