"""Books that are safe on this machine's disk, on their way into the database."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.folder import Folder
from llmrpc_server.ledger.journal import Journal
from llmrpc_server.ledger.kept import enter_all

log = structlog.get_logger()

# Books that come in this time share a transaction; while the database is down it is asked that often.
_TOGETHER_SECONDS = 0.25
_MOST_IN_MEMORY = 1000


@dataclass(slots=True)
class _Part:
    """A journal, and what is in it.

    Attributes:
        books: The first of them, or all.
    """

    journal: Journal
    count: int = 0
    books: list[Book] = field(default_factory=list)

    def append(self, books: Sequence[Book]) -> None:
        self.journal.append(books)
        if self.count == len(self.books) and self.count + len(books) <= _MOST_IN_MEMORY:
            self.books += books
        self.count += len(books)

    async def all(self) -> list[Book]:
        return self.books if self.count == len(self.books) else await asyncio.to_thread(self.journal.read)

    def clear(self) -> None:
        self.journal.clear()
        self.count, self.books = 0, []


class Backlog:
    """The books of one process that its database does not have yet, in two journals: one fills, one is entered.

    Args:
        first: Whether books that no budget counts are put here before the database has them. That is for a database
            that is a file of the same machine: it is no safer than a journal, and asked by nobody who cannot see that.

    Attributes:
        down: Whether the database was found down.
    """

    def __init__(self, database: Database, folder: Folder, process: str, *, first: bool) -> None:
        self._database = database
        self._process = process
        self._filling, self._leaving = (_Part(folder.journal(name)) for name in ("a", "b"))
        # Books that neither the database nor the disk took.
        self._unkept: list[Book] = []
        self._entering = asyncio.Lock()
        self._due: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.first = first
        self.down = False

    @property
    def unkept(self) -> int:
        """How many books are neither in the database nor on the disk: they end with the process."""
        return len(self._unkept)

    async def start(self) -> None:
        """Make ready for books that come here first.

        Raises:
            OSError: The journals cannot be made.
        """
        if self.first:
            await asyncio.to_thread(self._make)

    async def stop(self) -> None:
        """Enter what is left, and end; what the database does not take stays on the disk."""
        if self._due is not None:
            self._due.cancel()
        if self._task is not None:
            await self._task
        with contextlib.suppress(StoreUnavailable):
            await self.enter()
        if self._due is not None:
            self._due.cancel()
        if self._unkept:
            log.error("neither the ledger's database nor its journal took these books", lost=len(self._unkept))
        for part in (self._filling, self._leaving):
            part.journal.close()

    def put(self, book: Book) -> bool:
        """Put a book here first; from now on it survives the process. Return False where it does not."""
        try:
            self._filling.append([book])
        except OSError as error:
            log.error("the journal cannot be written", error=str(error))  # noqa: TRY400 - no fault of ours
            return False
        self._soon()
        return True

    async def keep(self, books: Sequence[Book]) -> None:
        """Keep books that the database, which is down, does not take: on the disk, or where that fails in memory."""
        try:
            await asyncio.to_thread(self._make)
            filling = self._filling
            filling.append(books)
            await asyncio.to_thread(filling.journal.sync)
        except Exception:
            log.exception("the journal cannot be written either: books are kept in memory alone", books=len(books))
            self._unkept += books
        self._found_down()

    def remember(self, books: Sequence[Book]) -> None:
        """Keep books in memory alone."""
        self._unkept += books
        self._soon()

    async def enter(self) -> None:
        """Enter all that was put here before.

        Raises:
            StoreUnavailable: The database does not answer; all stays here.
        """
        async with self._entering:
            all_of_it = False
            while not all_of_it:
                if not self._leaving.count:
                    self._filling, self._leaving = self._leaving, self._filling
                    all_of_it = True
                await self._enter(self._leaving)
            if self.down:
                self.down = False
                log.info("the ledger's database is back")

    async def _enter(self, part: _Part) -> None:
        books, unkept = await part.all(), len(self._unkept)
        if not books and not unkept:
            return
        try:
            await enter_all(self._database, self._process, [*books, *self._unkept[:unkept]])
        except StoreUnavailable:
            self._found_down()
            raise
        part.clear()
        del self._unkept[:unkept]

    def _make(self) -> None:
        for part in (self._filling, self._leaving):
            part.journal.make()

    def _found_down(self) -> None:
        if not self.down:
            self.down = True
            log.error("the ledger's database is down; its books are kept here")
        self._soon()

    def _soon(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._begin)

    def _begin(self) -> None:
        self._due = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._enter_or_try_again())
        else:
            self._soon()

    async def _enter_or_try_again(self) -> None:
        try:
            await self.enter()
        except StoreUnavailable:
            pass  # It is tried again.
        except Exception:
            log.exception("books on the disk cannot be entered")
            self._soon()
