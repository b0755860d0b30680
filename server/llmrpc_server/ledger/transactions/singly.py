"""Enters a book by itself: without its texts, if it is these that no database takes."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.entries import Book

log = structlog.get_logger()

_Result = TypeVar("_Result")


async def with_or_without_text(book: Book, enter: Callable[[], Awaitable[_Result]]) -> _Result:
    """Do what enters a book, and where that fails do it again without its texts, if it has any.

    Raises:
        StoreUnavailable: The database does not answer.
        Exception: Whatever it raised last.
    """
    try:
        return await enter()
    except StoreUnavailable:
        raise
    except Exception as error:
        if book.text is None:
            raise
        book.text = None
        result = await enter()
        # A traceback could hold them.
        log.error("a call's texts cannot be kept", call_id=book.call_id, error=type(error).__name__)  # noqa: TRY400
        return result
