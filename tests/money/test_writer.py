"""What a call says while a commit takes long: each transaction takes one step of it, and budgets add up."""

import asyncio
import contextlib
import resource
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select, text

from fault_provider import ThreadedFaultProvider
from gateway import faulty, running
from llmrpc_server import ledger
from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger import commit_delay
from llmrpc_server.ledger.entries import Amount, Hold
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.tables import budget_periods, calls, holds
from llmrpc_server.ledger.writer import Writer
from llmrpc_server.startup import CannotStart
from money.made import book, entered_all, hold, kept_in, period
from postgres import PostgresServer


@pytest.fixture
async def writer(database: Database, tmp_path: Path) -> AsyncIterator[Writer]:
    """Return a writer that runs."""
    writer = Writer(database, kept_in(database, tmp_path / "journal"), "p1", refuse=True)
    writer.start()
    yield writer
    await writer.stop()


@contextlib.asynccontextmanager
async def committing(database: Database, writer: Writer) -> AsyncIterator[None]:
    """Let the writer wait for the database as long as the block takes."""
    async with database.writing() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("LOCK TABLE calls IN EXCLUSIVE MODE"))
        slow = writer.close(book("slow"))
        await until(lambda: not writer._next.books)
        yield
        assert not slow.done()
    await slow


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def sums(database: Database) -> tuple[int, int, int]:
    """Return what is spent and reserved of the budget, and how many holds there are."""
    async with database.reading() as connection:
        row = (await connection.execute(select(budget_periods))).mappings().one()
        count = (await connection.execute(select(func.count()).select_from(holds))).scalar_one()
    return row["spent_picos"], row["reserved_picos"], count


def settled(call_id: str, picos: int) -> Hold:
    """Make the hold of a call between two attempts."""
    return Hold(book(call_id, picos=picos, periods=(period(),)), Amount())


async def test_cancelled_while_its_reservation_waits(database: Database, writer: Writer) -> None:
    """A call that ends before its reservation was entered leaves nothing behind."""
    async with committing(database, writer):
        reserving = asyncio.create_task(writer.reserve(hold("c1", picos=1000)))
        await until(lambda: writer._next.reservations)
        reserving.cancel()
        await asyncio.wait([reserving])
        closed = writer.close(book("c1", picos=0, periods=(period(),)))
    await closed

    assert (0, 0, 0) == await sums(database)


@pytest.mark.parametrize("again", [False, True])
async def test_a_settlement_waits(database: Database, writer: Writer, again: bool) -> None:
    """What waits to be entered of a failed attempt goes into the next step of its call: another attempt, or its end."""
    await writer.reserve(hold("c1", picos=1000))
    async with committing(database, writer):
        writer.note("c1", lambda: settled("c1", 100))
        await until(lambda: writer._next.notes)
        step: asyncio.Future[Any]
        if again:
            step = asyncio.ensure_future(writer.reserve(hold("c1", picos=1000, spent=100)))
            await until(lambda: writer._next.reservations)
        else:
            step = writer.close(book("c1", picos=100, periods=(period(),)))
    await step
    if again:
        assert (100, 1000, 1) == await sums(database)
        await writer.close(book("c1", picos=200, periods=(period(),)))

    assert (200 if again else 100, 0, 0) == await sums(database)


async def test_a_note_that_cannot_be_made(database: Database, writer: Writer) -> None:
    """It costs itself alone, and the log tells: those noted with it are held, and its call has its book at the end."""

    def faulty() -> Hold:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as lines:
        for call_id, make in (("c1", lambda: settled("c1", 100)), ("c2", faulty), ("c3", lambda: settled("c3", 10))):
            writer.note(call_id, make)
        await until(lambda: not writer._notes)
        writer.note("c4", lambda: settled("c4", 1))
        await until(lambda: not writer._notes)
    await writer.close(book("c2", picos=1000, periods=(period(),)))

    assert (1111, 0, 3) == await sums(database)
    assert [("a hold cannot be made", "c2")] == [(line["event"], line.get("call_id")) for line in lines]


async def test_a_reservation_ends_the_wait_for_more_books(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book that waits for others is entered with the next reservation, which waits for nothing."""
    monkeypatch.setattr(commit_delay, "_WAIT_SECONDS", 60.0)
    for _ in range(100):
        writer._commit_delay.came(asyncio.get_running_loop().time())
    closed = writer.close(book("c1"))
    await until(lambda: not writer._work.is_set())
    assert not closed.done()

    async with asyncio.timeout(10):
        await writer.reserve(hold("c2", picos=1000))
        await closed

    assert (0, 1000, 1) == await sums(database)


@pytest.fixture
async def away(postgres: PostgresServer) -> AsyncIterator[Database]:
    """Return a database on a server that the test may stop."""
    database = Database(postgres.new_database(), [ledger.MIGRATIONS])
    await database.open()
    yield database
    await database.close()


@pytest.mark.parametrize("refuse", [True, False])
async def test_neither_database_nor_disk(
    postgres: PostgresServer, away: Database, tmp_path: Path, refuse: bool
) -> None:
    """Where the journal cannot be written either the books wait in memory; nobody hangs, and all are entered later."""
    (tmp_path / "file").touch()
    backlog = kept_in(away, tmp_path / "file" / "journal")
    await backlog.start()
    writer = Writer(away, backlog, "p1", refuse=refuse)
    writer.start()
    postgres.stop()
    try:
        async with asyncio.timeout(20):
            told: list[BaseException | None] = []
            for call_id in ("c1", "c2"):
                told += await asyncio.gather(writer.close(book(call_id)), return_exceptions=True)
            with pytest.raises(StoreUnavailable):
                await backlog.enter()
        assert (2, True) == (len(backlog._journals.in_memory), backlog.down)
    finally:
        postgres.start()
    await entered_all(backlog)
    await writer.close(book("c3"))
    await writer.stop()
    await backlog.stop()

    assert [StoreUnavailable if refuse else type(None)] * 2 == [type(one) for one in told]
    assert (0, False) == (len(backlog._journals.in_memory), backlog.down)
    async with away.reading() as connection:
        found = (await connection.execute(select(calls.c.call_id).order_by(calls.c.call_id))).scalars()
        assert ["c1", "c2", "c3"] == list(found)


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """A book that did not fit leaves nothing in the journal; those before and after it are whole."""
    journal = Journal(tmp_path / "p1.jsonl")
    journal.append(book("c1"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "p1.jsonl").stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append(book("c2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    journal.append(book("c3"))

    assert ["c1", "c3"] == [one.call_id for one in journal.read()]
    journal.close()


async def test_a_journal_that_cannot_be_written_is_told_at_the_start(
    faults: ThreadedFaultProvider, tmp_path: Path
) -> None:
    """A server does not start without a place for books that its database does not take."""
    (tmp_path / "file").touch()
    settings = {"url": f"sqlite:///{tmp_path}/b.db", "journal": f"{tmp_path}/file/journal"}

    with pytest.raises(CannotStart, match=r"ledger\.journal: cannot write to .*/file/journal: Not a directory"):
        async with running({**faulty(faults), "ledger": settings}):
            raise AssertionError
    settings["journal"] = f"{tmp_path}/{'a' * 300}"
    with pytest.raises(CannotStart, match=r"ledger\.journal: cannot write to .*a: File name too long"):
        async with running({**faulty(faults), "ledger": settings}):
            raise AssertionError
