"""Books that are safe on this machine's disk, on their way into the database."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.journal.kept import enter_all

log = structlog.get_logger()

# Books that come in this time share a transaction.
_TOGETHER_SECONDS = 0.25
# Until a database that was down is asked again.
_AGAIN_SECONDS = 0.5
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

    def append(self, book: Book) -> None:
        self.journal.append(book)
        if self.count == len(self.books) < _MOST_IN_MEMORY:
            self.books.append(book)
        self.count += 1

    async def all(self) -> list[Book]:
        return self.books if self.count == len(self.books) else await asyncio.to_thread(self.journal.read)

    async def clear(self) -> None:
        # Whatever becomes of the file: they are entered, and one that comes twice counts once.
        self.count, self.books = 0, []
        await asyncio.to_thread(self.journal.clear)


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
        # Books that neither the database nor the disk took: they end with the process.
        self._unkept: list[Book] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        # Those who wait for the next round.
        self._asked: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._disk_refuses = False
        self._fault = ""
        self.first = first
        self.down = False

    @property
    def waiting(self) -> int:
        """How many books are here."""
        return self._filling.count + self._leaving.count + len(self._unkept)

    async def start(self) -> None:
        """Make ready for books that come here first, and begin to enter what comes.

        Raises:
            OSError: The journals cannot be made.
        """
        if self.first:
            await asyncio.to_thread(self._make)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Enter what is left, and end; what the database does not take stays on the disk."""
        self._stopping = True
        self._wake.set()
        self._hurry.set()
        if self._task is not None:
            await self._task
        if self._asked is not None:
            self._asked.set_exception(StoreUnavailable("the ledger is closed"))
        if self._unkept:
            log.error("neither the ledger's database nor its journal took these books", lost=len(self._unkept))
        for part in (self._filling, self._leaving):
            part.journal.close()

    def put(self, book: Book) -> bool:
        """Put a book here first; from now on it survives the process. Return False where it does not."""
        try:
            self._filling.append(book)
        except Exception as error:  # noqa: BLE001 - whatever it is: the database may take the book
            if not self._disk_refuses:
                log.error("the journal cannot be written", error=str(error))  # noqa: TRY400 - no fault of ours
            self._disk_refuses = True
            return False
        self._disk_refuses = False
        self._wake.set()
        return True

    async def keep(self, books: Sequence[Book]) -> None:
        """Keep books that the database, which is down, does not take: on the disk, or where that fails in memory."""
        self._found_down()
        left = list(books)
        try:
            await asyncio.to_thread(self._make)
            while left:
                filling = self._filling
                filling.append(left[0])
                del left[0]
                # Long texts may be in it: others have their turn between two of them.
                await asyncio.sleep(0)
                if not left or filling is not self._filling:
                    await asyncio.to_thread(filling.journal.sync)
        except Exception:
            log.exception("the journal cannot be written either: books are kept in memory alone", books=len(left))
            self._unkept += left
        self._wake.set()

    def remember(self, books: Sequence[Book]) -> None:
        """Keep books in memory alone."""
        self._unkept += books
        self._wake.set()

    async def enter(self) -> None:
        """Wait until all that was put here before is entered; all who wait at the same time wait for the same.

        Raises:
            StoreUnavailable: The database does not answer, or did not when it was asked last; all stays here.
        """
        if self.down or self._stopping:
            raise StoreUnavailable("the ledger's database does not answer")
        if not self.waiting:
            return
        if self._asked is None:
            self._asked = asyncio.get_running_loop().create_future()
            # Perhaps nobody is left to look at it.
            self._asked.add_done_callback(asyncio.Future.exception)
        self._wake.set()
        self._hurry.set()
        await asyncio.shield(self._asked)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._stopping:
                await self._pause()
            self._wake.clear()
            self._hurry.clear()
            asked, self._asked = self._asked, None
            error = await self._round()
            if asked is not None and error is None:
                asked.set_result(None)
            elif asked is not None:
                asked.set_exception(StoreUnavailable("the ledger's database does not answer"))
            if self._stopping and (error is not None or not self.waiting):
                return
            if error is not None or self._stopping:
                self._wake.set()

    async def _pause(self) -> None:
        """Let more books come; a question does not wait for them, but for a database that is down everybody does."""
        if self.down or self._fault:
            waited_for, seconds = asyncio.Event(), _AGAIN_SECONDS
        else:
            waited_for, seconds = self._hurry, _TOGETHER_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await waited_for.wait()

    async def _round(self) -> Exception | None:
        """Enter all that is here; tell what was in the way."""
        try:
            if self.down:
                # Before anything is read, which can be much.
                await self._database.write(lambda _: None)
            if self._leaving.count:
                await self._enter_leaving()
            self._filling, self._leaving = self._leaving, self._filling
            await self._enter_leaving()
        except StoreUnavailable as error:
            self._found_down()
            return error
        except Exception as error:
            if self._fault != repr(error):
                log.exception("books on the disk cannot be entered")
            self._fault = repr(error)
            return error
        self._fault = ""
        if self.down:
            self.down = False
            log.info("the ledger's database is back")
        return None

    async def _enter_leaving(self) -> None:
        books, unkept = await self._leaving.all(), len(self._unkept)
        # One that the disk took, and was not sure of, can be among both.
        once = {book.call_id: book for book in (*books, *self._unkept[:unkept])}
        if not once:
            return
        await enter_all(self._database, self._process, list(once.values()))
        del self._unkept[:unkept]
        await self._leaving.clear()

    def _make(self) -> None:
        for part in (self._filling, self._leaving):
            part.journal.make()

    def _found_down(self) -> None:
        if not self.down:
            self.down = True
            log.error("the ledger's database is down; its books are kept here")
        self._wake.set()
