"""Pages of a listing: how many rows each has, and where the next one begins.

A token names the last row of the page before: rows that come or go between two pages shift nothing.
"""

import base64
import json
from collections.abc import Sequence
from typing import TypeVar

from llmrpc_server.errors import Violation

_Row = TypeVar("_Row")

BAD_TOKEN = Violation("page_token", "must be the next_page_token of an earlier answer")


def page_size(asked: int, violations: list[Violation], *, usual: int = 100, most: int = 1000) -> int:
    """Return how many rows a page has; a violation is added for a size below zero.

    Args:
        asked: What the request says; 0 for nothing.
        violations: What is wrong with the request so far.
        usual: For a request that says nothing.
        most: For one that asks for more.
    """
    if asked < 0:
        violations.append(Violation("page_size", "must not be negative"))
    return min(asked or usual, most)


def first_page(rows: Sequence[_Row], size: int) -> tuple[Sequence[_Row], _Row | None]:
    """Return the first page of rows, and the row after which the next page goes on; None: there is no next page."""
    page = rows[:size]
    return page, page[-1] if len(rows) > size else None


def name_token(name: str) -> str:
    """Make the token of a page that goes on after a name."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def read_name(token: str, violations: list[Violation]) -> str:
    """Return the name after which a page goes on, "" for the first page; a violation is added for a made-up token."""
    try:
        return _decoded(token).decode()
    except ValueError:
        violations.append(BAD_TOKEN)
        return ""


def key_token(key: Sequence[str]) -> str:
    """Make the token of a page that goes on after a row whose key has several parts."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode()


def read_key(token: str, violations: list[Violation]) -> list[str] | None:
    """Return the key after which a page goes on, None for the first page; a violation is added for a made-up token."""
    if not token:
        return None
    try:
        key = json.loads(_decoded(token))
        # Half a character is no text.
        "".join(key).encode()
    except (ValueError, TypeError, RecursionError):
        key = None
    if isinstance(key, list) and all(isinstance(part, str) for part in key):
        return key
    violations.append(BAD_TOKEN)
    return None


def _decoded(token: str) -> bytes:
    """Decode strictly; what is not ASCII or not base64 is a ValueError."""
    return base64.b64decode(token, altchars=b"-_", validate=True)
