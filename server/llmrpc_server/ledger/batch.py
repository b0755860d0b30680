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
    """What is entered together.

    Attributes:
        books: Those of calls that are over, with what their calls wait for.
        reservations: Holds that an attempt waits for.
        notes: Holds that nobody waits for.
    """

    books: list[tuple[Book, "asyncio.Future[None]"]] = field(default_factory=list)
    reservations: list[tuple[Hold, "asyncio.Future[Refusal | None]"]] = field(default_factory=list)
    notes: list[Hold] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.books or self.reservations or self.notes)

    @property
    def holds(self) -> list[Hold]:
        """All its holds, in the order in which a transaction enters them."""
        return [hold for hold, _ in self.reservations] + self.notes

    def drop_holds(self, call_id: str) -> None:
        """Take out what there is of a call that has more to say; a reservation of it counts as granted."""
        self.notes = [hold for hold in self.notes if hold.book.call_id != call_id]
        for hold, future in self.reservations:
            if hold.book.call_id == call_id:
                resolve(future, None)
        self.reservations = [(hold, future) for hold, future in self.reservations if hold.book.call_id != call_id]

    def cut(self, most: int) -> "Batch":
        """Keep the first of each list, no more than `most`, and return the rest."""
        rest = Batch(self.books[most:], self.reservations[most:], self.notes[most:])
        del self.books[most:], self.reservations[most:], self.notes[most:]
        return rest


def singles(batch: Batch) -> Iterator[Batch]:
    """Divide a batch into batches of one, in the order in which a transaction enters them."""
    for book in batch.books:
        yield Batch(books=[book])
    for reservation in batch.reservations:
        yield Batch(reservations=[reservation])
    for note in batch.notes:
        yield Batch(notes=[note])


def book_of(single: Batch) -> Book:
    """Return the one book that a batch of one is about."""
    return next(iter([*(book for book, _ in single.books), *(hold.book for hold in single.holds)]))


def answer(batch: Batch, refusals: Sequence[Refusal | None]) -> None:
    """Answer all who wait for a batch: it is committed."""
    for (_, reserved), refusal in zip(batch.reservations, refusals, strict=False):
        resolve(reserved, refusal)
    for _, closed in batch.books:
        resolve(closed, None)


def resolve(future: "asyncio.Future[_Result]", result: _Result | CallError) -> None:
    """Answer one who waits, unless it has gone."""
    if future.done():
        return
    if isinstance(result, CallError):
        future.set_exception(result)
    else:
        future.set_result(result)
