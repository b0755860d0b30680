"""Two journals of one process: one fills while what is in the other is entered, then they swap."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal

log = structlog.get_logger()

_MOST_IN_MEMORY = 1000


@dataclass(slots=True)
class Half:
    """A journal, and what is in it.

    Attributes:
        count: How many books it has.
        books: The first of them, or all: those that need not be read back.
    """

    journal: Journal
    count: int = 0
    books: list[Book] = field(default_factory=list)

    def append(self, book: Book) -> None:
        """Write a book down.

        Raises:
            OSError: It cannot be written.
        """
        self.journal.append(book)
        if self.count == len(self.books) < _MOST_IN_MEMORY:
            self.books.append(book)
        self.count += 1

    async def all(self) -> list[Book]:
        """Return every book of it."""
        return self.books if self.count == len(self.books) else await asyncio.to_thread(self.journal.read)

    async def clear(self) -> None:
        """Forget them.

        Raises:
            OSError: The file still has them.
        """
        # Whatever becomes of the file: they are entered, and one that comes twice counts once.
        self.count, self.books = 0, []
        await asyncio.to_thread(self.journal.clear)


class Journals:
    """Books that wait to be entered.

    Attributes:
        filling: Takes what comes.
        leaving: Is being entered, or could not be.
        in_memory: Books that the disk did not take: they end with the process.
    """

    def __init__(self, folder: Folder) -> None:
        self.filling, self.leaving = (Half(folder.journal(name)) for name in ("a", "b"))
        self.in_memory: list[Book] = []
        self._disk_refuses = False

    @property
    def waiting(self) -> int:
        """How many books are here."""
        return self.filling.count + self.leaving.count + len(self.in_memory)

    def make(self) -> None:
        """Make the files; it waits for the disk.

        Raises:
            OSError: They cannot be made.
        """
        for half in (self.filling, self.leaving):
            half.journal.make()

    def put(self, book: Book) -> bool:
        """Write a book down; from now on it survives the process. Return False where it does not."""
        try:
            self.filling.append(book)
        except Exception as error:  # noqa: BLE001 - whatever it is: the database may take the book
            if not self._disk_refuses:
                log.error("the journal cannot be written", error=str(error))  # noqa: TRY400 - no fault of ours
            self._disk_refuses = True
            return False
        self._disk_refuses = False
        return True

    async def keep(self, books: Sequence[Book]) -> None:
        """Write books down and wait until they survive the machine; where the disk fails keep them in memory."""
        left = list(books)
        try:
            await asyncio.to_thread(self.make)
            while left:
                filling = self.filling
                filling.append(left[0])
                del left[0]
                # Long texts may be in it: others have their turn between two of them.
                await asyncio.sleep(0)
                if not left or filling is not self.filling:
                    await asyncio.to_thread(filling.journal.sync)
        except Exception:
            log.exception("the journal cannot be written either: books are kept in memory alone", books=len(left))
            self.in_memory += left

    async def empty(self, enter: Callable[[Sequence[Book]], Awaitable[None]]) -> None:
        """Have all that is here entered; what comes meanwhile stays. Whatever `enter` raises, nothing is lost.

        Raises:
            OSError: A file cannot be read or cleared.
        """
        if self.leaving.count:
            await self._empty_leaving(enter)
        self.filling, self.leaving = self.leaving, self.filling
        await self._empty_leaving(enter)

    async def _empty_leaving(self, enter: Callable[[Sequence[Book]], Awaitable[None]]) -> None:
        books, in_memory = await self.leaving.all(), len(self.in_memory)
        # One that the disk took, and was not sure of, can be among both.
        once = {book.call_id: book for book in (*books, *self.in_memory[:in_memory])}
        if not once:
            return
        await enter(list(once.values()))
        del self.in_memory[:in_memory]
        await self.leaving.clear()

    def close(self) -> None:
        """Close the files; those that have books stay for the next process."""
        if self.in_memory:
            log.error("neither the ledger's database nor its journal took these books", lost=len(self.in_memory))
        for half in (self.filling, self.leaving):
            half.journal.close()
