"""Group commit: books and holds of many calls go in one transaction, once the one before is done."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Sequence

import structlog

from llmrpc_server.database import Database
from llmrpc_server.errors import CallError, Internal, StoreUnavailable
from llmrpc_server.ledger.batch import Batch, answer, book_of, resolve, singles
from llmrpc_server.ledger.commit_delay import CommitDelay
from llmrpc_server.ledger.entries import Book, Hold, Refusal
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.kept import MOST_AT_ONCE
from llmrpc_server.ledger.transactions.commit import enter
from llmrpc_server.ledger.transactions.singly import with_or_without_text

log = structlog.get_logger()

# How long a hold that nobody waits for may wait for others; a call that ends sooner needs none.
_NOTE_SECONDS = 0.05
_RETRY_SECONDS = 1.0


class Writer:
    """The one place of a process that enters books and holds.

    Args:
        backlog: Keeps what the database does not take while it is down, and what goes there first.
        process: This process's name, unique over all that share the database.
        refuse: While the database is down: refuse what cannot be entered; else go on, and enter the books later.
    """

    def __init__(self, database: Database, backlog: Backlog, process: str, *, refuse: bool) -> None:
        self._database = database
        self._backlog = backlog
        self._process = process
        self._refuse = refuse
        self._next = Batch()
        self._notes: dict[str, Callable[[], Hold]] = {}
        self._held: set[str] = set()
        self._work = asyncio.Event()
        # Set where what is to be entered waits for no more books.
        self._at_once = asyncio.Event()
        self._commit_delay = CommitDelay()
        self._notes_due: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def check(self) -> None:
        """Check that what a call will say can be entered.

        Raises:
            StoreUnavailable: The database is down, and the configuration says to refuse then.
        """
        if self._refuse and self._backlog.down:
            raise _unavailable()

    def start(self) -> None:
        """Begin to enter what comes."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Enter what is left, and end."""
        if self._notes_due is not None:
            self._notes_due.cancel()
        self._stopping = True
        self._work.set()
        self._at_once.set()
        if self._task is not None:
            await self._task

    async def reserve(self, hold: Hold) -> Refusal | None:
        """Enter a hold before its attempt begins.

        Returns:
            A budget that has no room for it; it is entered nevertheless if that is a soft one.

        Raises:
            StoreUnavailable: The database is down, and the configuration says to refuse then.
        """
        self._supersede(hold)
        future: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._next.reservations.append((hold, future))
        self._at_once.set()
        return await future

    def note(self, call_id: str, make: Callable[[], Hold]) -> None:
        """Enter a hold soon, unless its call ends before; nobody waits for it.

        Args:
            make: Makes the hold, when it is time: most calls end before.
        """
        self._notes[call_id] = make
        if self._notes_due is None:
            self._notes_due = asyncio.get_running_loop().call_later(_NOTE_SECONDS, self._due)

    def take_over(self, hold: Hold) -> None:
        """Enter a hold at once, without a question; nobody waits for it."""
        self._supersede(hold)
        self._next.notes.append(hold)

    def close(self, book: Book) -> "asyncio.Future[None]":
        """Enter a book. It is entered, also if nobody awaits the future and whatever that raises.

        Returns:
            Done once it survives this process: in the database, or on the disk if the backlog comes first or the
            configuration says to go on; where it says to refuse, StoreUnavailable, or Internal for a book that no
            database takes.
        """
        self._forget(book.call_id)
        book.held = book.call_id in self._held
        self._held.discard(book.call_id)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Budgets are to know at once, and texts are made in a thread.
        if self._backlog.before_database and not book.periods and book.write_text is None and self._backlog.put(book):
            future.set_result(None)
            return future
        # A call that was cancelled does not look at it.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._next.books.append((book, future))
        self._commit_delay.came(future.get_loop().time())
        self._work.set()
        return future

    def _supersede(self, hold: Hold) -> None:
        """Have a hold take the place of what waits of its call."""
        call_id = hold.book.call_id
        self._forget(call_id)
        hold.again = call_id in self._held
        self._held.add(call_id)
        self._work.set()

    def _forget(self, call_id: str) -> None:
        """Drop what waits to be entered of a call that has more to say: a transaction takes one step of a call."""
        self._notes.pop(call_id, None)
        if call_id in self._held:
            self._next.drop_holds(call_id)

    def _due(self) -> None:
        self._notes_due = None
        notes, self._notes = self._notes, {}
        for call_id, make in notes.items():
            try:
                hold = make()
            except Exception:
                # Its call goes on, and has its book at the end.
                log.exception("a hold cannot be made", call_id=call_id)
                continue
            self.take_over(hold)

    def _take(self) -> Batch:
        batch = self._next
        self._next = batch.cut(MOST_AT_ONCE)
        return batch

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            await self._share()
            while batch := self._take():
                await self._enter(batch)
            if self._stopping:
                return

    async def _share(self) -> None:
        """Wait for more books where that pays; a reservation, which holds up its call's beginning, ends it."""
        if self._stopping or self._next.reservations or not self._next.books:
            return
        if seconds := self._commit_delay.wait():
            self._at_once.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._at_once.wait()
            self._commit_delay.waited_for(len(self._next.books) + len(self._next.reservations))

    async def _enter(self, batch: Batch) -> None:
        """Enter a batch; whatever goes wrong its books are kept, and all who wait are answered."""
        try:
            if writing := [book for book, _ in batch.books if book.write_text is not None]:
                # Long ones would hold up the event loop, or a transaction.
                await asyncio.to_thread(_make_texts, writing)
            await self._enter_together(batch)
        except Exception:
            # Nobody else would enter the books of all calls to come.
            log.exception("books of many calls are kept in memory alone", books=len(batch.books))
            self._backlog.remember([book for book, _ in batch.books])
            error = Internal()
            self._note_in_books(batch, error)
            self._fail(batch, error)

    async def _enter_together(self, batch: Batch) -> None:
        if self._backlog.down:
            await self._keep(batch)
            return
        try:
            refusals = await self._commit(batch)
        except StoreUnavailable:
            await self._keep(batch)
        except Exception:
            # A fault of ours in one of them: the others do not suffer from it.
            log.exception("books of many calls could not be entered together: they are entered one by one")
            await self._enter_singly(batch)
        else:
            answer(batch, refusals)

    async def _enter_singly(self, batch: Batch) -> None:
        for single in singles(batch):
            if self._backlog.down:
                await self._keep(single)
                continue
            commit = functools.partial(self._commit, single)
            try:
                refusals = await with_or_without_text(book_of(single), commit)
            except StoreUnavailable:
                await self._keep(single)
            except Exception:
                log.exception("a book or a hold cannot be entered", book=book_of(single).shown())
                self._fail(single, Internal())
            else:
                answer(single, refusals)

    async def _commit(self, batch: Batch) -> Sequence[Refusal | None]:
        books = [book for book, _ in batch.books]
        return await self._database.write(
            lambda connection: enter(self._database, connection, self._process, books, batch.holds)
        )

    async def _keep(self, batch: Batch) -> None:
        """Keep the books, and answer all who wait."""
        error = _unavailable()
        self._note_in_books(batch, error)
        await self._backlog.keep([book for book, _ in batch.books])
        self._fail(batch, error)

    def _note_in_books(self, batch: Batch, error: CallError) -> None:
        if self._refuse:
            for book, _ in batch.books:
                book.call.code, book.call.reason = error.code.value[0], error.reason

    def _fail(self, batch: Batch, error: CallError) -> None:
        """Fail all who wait, since nothing is in the database, unless the configuration says to go on."""
        for _, closed in batch.books:
            resolve(closed, error if self._refuse else None)
        for _, reserved in batch.reservations:
            resolve(reserved, error if self._refuse else None)


def _unavailable() -> StoreUnavailable:
    return StoreUnavailable("the ledger's database does not answer", retry_after=_RETRY_SECONDS)


def _make_texts(books: Sequence[Book]) -> None:
    for book in books:
        book.make_text()
