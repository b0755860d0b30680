"""Finds the one JSON value in an answer: by itself, in a fence, or amid prose."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from llmrpc_server.output.lenient_json import Read, Unreadable, read, values_in
from llmrpc_server.output.shape import Misfit

T = TypeVar("T")

# What a reasoning model without a place for it of its own thought first. Some chat templates begin the thoughts
# themselves, so that only their end is in the answer; where only their beginning is, all of it is thought.
_THOUGHT = re.compile(
    r"""\A\s*(?:<(think|thinking|reasoning)>.*?(?:</\1>\s*|\Z))+
    |\A(?:(?!<(?:think|thinking|reasoning)>|^[ \t]*(?:```|~~~)).)*?</(?:think|thinking|reasoning)>""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_FENCE = re.compile(
    r"^[ \t]*(```+|~~~+)[ \t]*(?:[\w+.-]+[ \t]*)?\r?\n(.*?)(?:^[ \t]*\1[ \t]*$|\1?\Z)", re.DOTALL | re.MULTILINE
)
_MOST_CANDIDATES = 64


def without_thoughts(text: str) -> str:
    """Return an answer without the thoughts that stand before it."""
    return _THOUGHT.sub("", text, count=1).strip()


def fenced(text: str) -> list[str]:
    """Return what stands in the fences of a text."""
    return [match[2] for match in _FENCE.finditer(text)]


def extract(text: str, check: Callable[[Read], T]) -> T:
    """Return what `check` makes of the value in an answer.

    Of several values the one that passes is meant; where more than one does, nobody can tell which.

    Raises:
        Misfit: There is none, none that passes, or more than one.
    """
    text = text.strip()
    if not text:
        raise Misfit("the answer is empty")
    try:
        whole = read(text)
    except Unreadable as error:
        reason = str(error)
    else:
        return check(whole)
    if (spoken := without_thoughts(text)) != text:
        return extract(spoken, check)
    try:
        candidates = list(_candidates(text))
    except Unreadable as error:
        raise Misfit(f"the answer {reason if text[0] in '{[' else error}") from error
    passed: list[tuple[Read, T]] = []
    misfits = [Misfit(f"the answer {reason}")]
    for candidate in candidates:
        try:
            passed.append((candidate, check(candidate)))
        except Misfit as error:
            misfits.append(error)
    if not passed:
        raise misfits[-1]
    if any(not _same(candidate, passed[0][0]) for candidate, _ in passed):
        raise Misfit("the answer holds more than one value that fits: give exactly one")
    return passed[0][1]


def _candidates(text: str) -> Iterator[Read]:
    """Yield the values that could be meant: those in fences where there are any.

    Raises:
        Unreadable: Something is there that cannot be read, and that could be meant as well.
    """
    found = False
    for fence in fenced(text):
        try:
            yield read(fence)
            found = True
        except Unreadable:
            if fence.lstrip().startswith(("{", "[")):
                raise
    for piece in () if found else islice(values_in(text), _MOST_CANDIDATES):
        try:
            yield read(piece)
        except Unreadable:
            # Prose has square brackets of its own.
            if "{" in piece:
                raise


def _same(one: Read, other: Read) -> bool:
    return json.dumps(one.value, sort_keys=True) == json.dumps(other.value, sort_keys=True)
