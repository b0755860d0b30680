"""Jinja2's filters that can make much of little, with a bound: what they are given comes from callers."""

from collections.abc import Iterable
from typing import Any

from jinja2.filters import do_replace, do_tojson, sync_do_join
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context

MAX_CHARACTERS = 2 * 1024 * 1024
_MAX_INDENT = 16


class TooLarge(ValueError):
    """What would be rendered is larger than any prompt."""


@pass_eval_context
def replace(context: EvalContext, text: Any, old: str, new: str, count: int | None = None) -> str:
    """Replace as Jinja2 does.

    Raises:
        TooLarge: The text would be.
    """
    whole, old, new = str(text), str(old), str(new)
    found = whole.count(old)
    if len(whole) + (found if count is None else min(found, count)) * len(new) > MAX_CHARACTERS:
        raise TooLarge(f"has more than {MAX_CHARACTERS} characters")
    return do_replace(context, whole, old, new, count)


@pass_eval_context
def join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Join as Jinja2 does.

    Raises:
        TooLarge: The text would be.
    """
    items = list(value)
    if len(items) * len(str(d)) + sum(len(str(item)) for item in items) > MAX_CHARACTERS:
        raise TooLarge(f"has more than {MAX_CHARACTERS} characters")
    return sync_do_join(context, items, d, attribute)


@pass_eval_context
def tojson(context: EvalContext, value: Any, indent: int | None = None) -> str:
    """Write JSON as Jinja2 does.

    Raises:
        TooLarge: It would be indented further than anybody reads.
    """
    if indent is not None and indent > _MAX_INDENT:
        raise TooLarge(f"is indented by more than {_MAX_INDENT}")
    return do_tojson(context, value, indent)


BOUNDED = {"replace": replace, "join": join, "tojson": tojson}
