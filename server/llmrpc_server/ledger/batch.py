"""What goes into the database in one transaction, and who waits for it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from llmrpc_server.errors import CallError
from llmrpc_server.ledger.entries import Book, Hold, Refusal

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Batch:
    """Books, holds that somebody waits for, and holds that nobody does."""

    books: list[tuple[Book, "asyncio.Future[None]"]] = field(default_factory=list)
    opened: list[tuple[Hold, "asyncio.Future[Refusal | None]"]] = field(default_factory=list)
    notes: list[Hold] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.books or self.opened or self.notes)


def singles(batch: Batch) -> Iterator[Batch]:
    """Divide a batch into batches of one, in the order in which a transaction enters them."""
    for book in batch.books:
        yield Batch(books=[book])
    for opened in batch.opened:
        yield Batch(opened=[opened])
    for note in batch.notes:
        yield Batch(notes=[note])


def book_of(single: Batch) -> Book:
    """Return the one book that a batch of one is about."""
    held = [hold.book for hold, _ in single.opened] + [hold.book for hold in single.notes]
    return next(iter([*(book for book, _ in single.books), *held]))


def answer(batch: Batch, refusals: Sequence[Refusal | None]) -> None:
    """Tell those who wait for a batch that it is committed."""
    for (_, opened), refusal in zip(batch.opened, refusals, strict=False):
        resolve(opened, refusal)
    for _, closed in batch.books:
        resolve(closed, None)


def resolve(future: "asyncio.Future[_Result]", result: _Result | CallError) -> None:
    """Tell one who waits, unless it has gone."""
    if future.done():
        return
    if isinstance(result, CallError):
        future.set_exception(result)
    else:
        future.set_result(result)
