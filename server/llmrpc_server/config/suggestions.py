"""What an unknown key or name was perhaps meant to be."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

_MOST_LISTED = 16


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ask for the known word that is nearest to one; empty where none is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def instead_of(key: str, model: type[BaseModel], path: Sequence[str | int]) -> str:
    """Tell what would be right where an unknown key stands.

    Args:
        key: The unknown one.
        model: What the document is read as.
        path: Of the key, in the document.
    """
    keys = sorted(_keys_at(model, path[:-1]))
    if meant := did_you_mean(key, keys):
        return meant
    return f"; known here: {', '.join(keys)}" if 0 < len(keys) <= _MOST_LISTED else ""


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> Iterable[str]:
    """Return the keys of the section at a path."""
    left = list(path)
    while left:
        field = model.model_fields.get(str(left.pop(0)))
        inner = None if field is None else _section(field.annotation)
        if inner is None:
            return ()
        model, named = inner
        # The name of a row, or its place in a list.
        del left[:named]
    return (field.alias or name for name, field in model.model_fields.items())


def _section(annotation: Any, named: int = 0) -> tuple[type[BaseModel], int] | None:
    """Return the section that a type holds, and how many names or places lead to it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, named
    origin = get_origin(annotation)
    rows = isinstance(origin, type) and issubclass(origin, Mapping | Sequence)
    for argument in get_args(annotation):
        if (found := _section(argument, named + rows)) is not None:
            return found
    return None
