"""What enters the books that are safe on this machine's disk into the database."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journals import Journals
from llmrpc_server.ledger.journal.kept import enter_all

log = structlog.get_logger()

# Books that come in this time share a transaction.
_TOGETHER_SECONDS = 0.25
# Until a database that was down is asked again.
_AGAIN_SECONDS = 0.5


class Backlog:
    """The books of one process that its database does not have yet, and the task that enters them, round by round.

    Args:
        before_database: Whether books that no budget counts come here before the database has them. That is for a
            database that is a file of the same machine: it is no safer than a journal, and asked by nobody who cannot
            see that.

    Attributes:
        down: Whether the database was found down.
    """

    def __init__(self, database: Database, folder: Folder, process: str, *, before_database: bool) -> None:
        self._database = database
        self._process = process
        self._journals = Journals(folder)
        self.before_database = before_database
        self.down = False
        self._fault = ""
        self._task: asyncio.Task[None] | None = None
        self._round_due = asyncio.Event()
        # Set where somebody waits for the round: it does not wait for more books.
        self._at_once = asyncio.Event()
        # Ends with the next round; None while nobody waits for it.
        self._next_round: asyncio.Future[None] | None = None
        self._stopping = False

    @property
    def waiting(self) -> int:
        """How many books are here."""
        return self._journals.waiting

    async def start(self) -> None:
        """Make ready for books that come here first, and begin to enter what comes.

        Raises:
            OSError: The journals cannot be made.
        """
        if self.before_database:
            await asyncio.to_thread(self._journals.make)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Enter what is left, and end; what the database does not take stays on the disk."""
        self._stopping = True
        self._round_due.set()
        self._at_once.set()
        if self._task is not None:
            await self._task
        if self._next_round is not None:
            self._next_round.set_exception(StoreUnavailable("the ledger is closed"))
        self._journals.close()

    def put(self, book: Book) -> bool:
        """Put a book here first; from now on it survives the process. Return False where it does not."""
        if not self._journals.put(book):
            return False
        self._round_due.set()
        return True

    async def keep(self, books: Sequence[Book]) -> None:
        """Keep books that the database, which is down, does not take: on the disk, or where that fails in memory."""
        self._found_down()
        await self._journals.keep(books)
        self._round_due.set()

    def remember(self, books: Sequence[Book]) -> None:
        """Keep books in memory alone."""
        self._journals.in_memory += books
        self._round_due.set()

    async def enter(self) -> None:
        """Wait until all that was put here before is entered; all who wait at the same time wait for the same round.

        Raises:
            StoreUnavailable: The database does not answer, or did not when it was asked last; all stays here.
        """
        if self.down or self._stopping:
            raise StoreUnavailable("the ledger's database does not answer")
        if not self.waiting:
            return
        if self._next_round is None:
            self._next_round = asyncio.get_running_loop().create_future()
            # Perhaps nobody is left to look at it.
            self._next_round.add_done_callback(asyncio.Future.exception)
        self._round_due.set()
        self._at_once.set()
        await asyncio.shield(self._next_round)

    async def _run(self) -> None:
        while True:
            await self._round_due.wait()
            if not self._stopping:
                await self._pause()
            self._round_due.clear()
            self._at_once.clear()
            this_round, self._next_round = self._next_round, None
            error = await self._round()
            if this_round is not None and error is None:
                this_round.set_result(None)
            elif this_round is not None:
                this_round.set_exception(StoreUnavailable("the ledger's database does not answer"))
            if self._stopping and (error is not None or not self.waiting):
                return
            if error is not None or self._stopping:
                self._round_due.set()

    async def _pause(self) -> None:
        """Let more books come; a question does not wait for them, but for a database that is down everybody does."""
        if self.down or self._fault:
            waited_for, seconds = asyncio.Event(), _AGAIN_SECONDS
        else:
            waited_for, seconds = self._at_once, _TOGETHER_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await waited_for.wait()

    async def _round(self) -> Exception | None:
        """Enter all that is here; return what was in the way."""
        try:
            if self.down:
                # Before anything is read, which can be much.
                await self._database.write(lambda _: None)
            await self._journals.empty(self._enter)
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

    async def _enter(self, books: Sequence[Book]) -> None:
        await enter_all(self._database, self._process, books)

    def _found_down(self) -> None:
        if not self.down:
            self.down = True
            log.error("the ledger's database is down; its books are kept here")
        self._round_due.set()
