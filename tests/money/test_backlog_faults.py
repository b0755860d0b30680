"""Whatever goes wrong on a book's way over the disk: it is entered once, and nobody waits for long."""

import asyncio
import contextlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from llmrpc_server.config import LedgerSettings
from llmrpc_server.database import Database
from llmrpc_server.errors import Internal, StoreUnavailable
from llmrpc_server.ledger import MIGRATIONS, ledger
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.journal.kept import enter_all
from llmrpc_server.ledger.ledger import Ledger
from llmrpc_server.ledger.tables import budget_periods
from llmrpc_server.ledger.writer import Writer
from money.made import book, entered, entered_all, kept_in, period


async def test_a_full_disk(
    database: Database, writer: Writer, backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book that the disk does not take goes straight to the database, and its call waits for that."""

    def full(*_: Any) -> None:
        """Be a full disk."""
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "append", full)
    with structlog.testing.capture_logs() as lines:
        closed = writer.close(book("c1"))
        assert not closed.done()
        await closed

    assert ["c1"] == await entered(database)
    assert ["the journal cannot be written"] == [line["event"] for line in lines]


async def _asked_at_once(books: Ledger, count: int) -> float:
    """Have so many ask for what was reported done at the same time; return for how many seconds they waited."""
    begun = time.monotonic()
    await asyncio.gather(*(books.catch_up() for _ in range(count)))
    return time.monotonic() - begun


async def test_questions_wait_together_and_not_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is locked for long, all who ask wait a while for one attempt; once it is found down, nobody."""
    monkeypatch.setattr(ledger, "_CATCH_UP_SECONDS", 1.0)
    file = tmp_path / "books.db"
    settings = LedgerSettings(url=f"sqlite:///{file}")
    database = Database(settings.url, [MIGRATIONS])
    await database.open()
    books = Ledger(database, settings)
    await books.start()
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        assert books.writer.close(book("c1")).done()
        first = await _asked_at_once(books, 6)
        async with asyncio.timeout(20):
            while not books._backlog.down:
                await asyncio.sleep(0.05)
        then = await _asked_at_once(books, 6)
        other.execute("ROLLBACK")
    await books.stop()

    assert 0.9 < first < 3
    assert then < 0.5
    assert ["c1"] == await entered(database)
    await database.close()


async def test_a_disk_that_is_not_sure(
    database: Database, writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book that was written, and of which the disk then says that it may not keep it, counts once on its budget."""
    del writer
    backlog = kept_in(database, tmp_path / "other", "p2")
    with monkeypatch.context() as planting:
        planting.setattr(Journal, "sync", _broken)
        await backlog.keep([book("c1", picos=100, periods=(period(),))])
    await backlog.start()
    await entered_all(backlog)
    await backlog.stop()

    async with database.reading() as connection:
        assert [100] == list((await connection.execute(select(budget_periods.c.spent_picos))).scalars())


def _broken(*_: Any) -> None:
    raise OSError(5, "Input/output error")


async def test_a_journal_that_cannot_be_cleared(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds up neither a question nor the books that follow, nor the end; the log tells of it once."""
    backlog = kept_in(database, tmp_path / "other", "p2", first=True)
    await backlog.start()
    with structlog.testing.capture_logs() as lines, monkeypatch.context() as planting:
        planting.setattr(Journal, "clear", _broken)
        for number in range(4):
            backlog.put(book(f"c{number}"))
            with contextlib.suppress(StoreUnavailable):
                await backlog.enter()
        await backlog.stop()

    assert [f"c{number}" for number in range(4)] == await entered(database)
    assert 1 == len([line for line in lines if line["event"] == "books on the disk cannot be entered"])


async def test_it_is_back_when_it_answers(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was found down is asked before it is said to be back, also where nothing is to be entered."""
    backlog = kept_in(database, tmp_path / "other", "p2")
    await backlog.start()

    async def away(*_: Any) -> None:
        """Be a database that does not answer."""
        raise StoreUnavailable("away")

    with structlog.testing.capture_logs() as lines:
        with monkeypatch.context() as planting:
            planting.setattr(database, "write", away)
            await backlog.keep([])
            await asyncio.sleep(1.2)
            assert backlog.down
        await entered_all(backlog)
    await backlog.stop()

    assert [("error", "is down"), ("info", "is back")] == [
        (line["log_level"], line["event"].removeprefix("the ledger's database ").partition(";")[0]) for line in lines
    ]


async def test_a_row_that_cannot_be_written(database: Database, writer: Writer) -> None:
    """What the disk does not take for whatever reason the database may; closing a book never raises."""
    odd = book("c1")
    odd.call.reported_model = "\ud800"

    closed = writer.close(odd)
    with contextlib.suppress(Internal):
        await closed
    await writer.close(book("c2"))


async def test_a_kept_row_that_cannot_be_written(database: Database) -> None:
    """It is told in the log, whatever is in it, and those that were kept with it are entered."""
    odd = book("c1")
    odd.call.reported_model = "\ud800"

    with structlog.testing.capture_logs() as lines:
        await enter_all(database, "p1", [odd, book("c2")])

    assert ["c2"] == await entered(database)
    assert r"\ud800" in lines[-1]["book"]


async def test_a_line_that_is_no_book(tmp_path: Path) -> None:
    """Of a dead process's journal with a spoiled line all other books are entered, and a person can look at it."""
    settings = LedgerSettings(url=f"sqlite:///{tmp_path}/books.db")
    dead = Folder.of(settings, "dead").journal("a")
    dead.append(book("c1"))
    dead._open.write(b'{"call": {"call_id"\n')
    dead.append(book("c2"))
    dead._open.close()
    database = Database(settings.url, [MIGRATIONS])
    await database.open()
    books = Ledger(database, settings)
    await books.start()
    await books.stop()

    assert ["c1", "c2"] == await entered(database)
    assert [".spoiled"] == [path.suffix for path in (tmp_path / "llmrpc-journal").iterdir()]
    await database.close()


async def test_books_of_a_ledger_that_was_moved_are_told(tmp_path: Path) -> None:
    """Books in a folder of their own that stay when their database moves are nobody's: the log says so at a start."""
    more: dict[str, Any] = {"journal": str(tmp_path / "journal")}
    left = Folder.of(LedgerSettings(url=f"sqlite:///{tmp_path}/a.db", **more), "dead").journal("a")
    left.append(book("c1"))
    left._open.close()

    with structlog.testing.capture_logs() as lines:
        Folder.of(LedgerSettings(url=f"sqlite:///{tmp_path}/b.db", **more), "p2").check()

    assert [left.name] == [line["file"] for line in lines if line["log_level"] == "warning"]
