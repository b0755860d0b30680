"""Enters books that were kept while the database was down."""

import functools
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.transactions.commit import enter
from llmrpc_server.ledger.transactions.singly import with_or_without_text

log = structlog.get_logger()

# PostgreSQL takes 65,535 parameters in one statement.
MOST_AT_ONCE = 500
# From this many books on their hourly sums come along; fewer cost less if they are read back with others later.
MANY = 100


async def enter_all(database: Database, process: str, books: Sequence[Book]) -> None:
    """Enter books that were kept; those that were entered before stay as they are.

    Raises:
        StoreUnavailable: Not all of them are.
    """
    for start in range(0, len(books), MOST_AT_ONCE):
        chunk = books[start : start + MOST_AT_ONCE]
        try:
            await database.write(functools.partial(_enter, database, process, chunk))
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("books that were kept could not be entered together: they are entered one by one")
            for book in chunk:
                await _enter_one(database, process, book)


async def _enter_one(database: Database, process: str, book: Book) -> None:
    work = functools.partial(_enter, database, process, [book])
    try:
        await with_or_without_text(book, lambda: database.write(work))
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("a book cannot be entered", book=book.shown())


def _enter(database: Database, process: str, books: Sequence[Book], connection: Connection) -> None:
    enter(database, connection, process, books, [], summing=len(books) >= MANY)
