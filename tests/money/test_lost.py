"""Nothing is lost: not when a process dies, and not when the database is away."""

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from llmrpc.v1 import accounting_pb2
from llmrpc_server import ledger
from llmrpc_server.config import LedgerSettings
from llmrpc_server.database import Database
from llmrpc_server.errors import Internal, StoreUnavailable
from llmrpc_server.ledger.chores.reaper import Reaper
from llmrpc_server.ledger.entries import Book, Hold
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.ledger import Ledger
from llmrpc_server.ledger.rows import attempt_row
from llmrpc_server.ledger.tables import budget_periods, holds
from llmrpc_server.ledger.writer import Writer
from money.made import book, enter_in, entered, entered_all, held, hold, kept_in, period
from postgres import PostgresServer


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Return a journal."""
    journal = Journal(tmp_path / "p1-a.jsonl")
    yield journal
    journal.close()


@pytest.fixture
async def backlog(database: Database, tmp_path: Path) -> AsyncIterator[Backlog]:
    """Return the backlog of a process."""
    backlog = kept_in(database, tmp_path)
    await backlog.start()
    yield backlog
    await backlog.stop()


async def until_down(writer: Writer, backlog: Backlog, call_id: str) -> None:
    """Write a book while the database is away, and see that it is told."""
    with pytest.raises(StoreUnavailable):
        await writer.close(book(call_id))
    assert backlog.down


async def test_the_calls_of_a_dead_process(database: Database) -> None:
    """A process that gave no sign of life is dead: its holds become books at their worst case, and are spent."""
    lost = hold("c1", picos=100, limit=1000)
    await enter_in(database, "dead", [], [lost])
    reaper = Reaper(database, "alive", dead_after=0.2)

    assert 0 == await reaper.look()
    buried = 0
    while not buried:
        await asyncio.sleep(0.05)
        buried = await reaper.look()

    assert (1, ["c1"]) == (buried, await entered(database))
    async with database.reading() as connection:
        row = (await connection.execute(select(budget_periods))).mappings().one()
        assert (100, 0) == (row["spent_picos"], row["reserved_picos"])
        assert [] == list(await connection.execute(select(holds)))


async def test_a_living_process_keeps_its_calls(database: Database) -> None:
    """While a process gives signs of life nobody touches its holds."""
    await enter_in(database, "p1", [], [hold("c1", picos=100)])
    first, second = (Reaper(database, name, dead_after=0.5) for name in ("p1", "p2"))

    looks = 0
    for _ in range(30):
        await first.look()
        looks += await second.look()
        await asyncio.sleep(0.03)

    assert (0, []) == (looks, await entered(database))


@pytest.fixture
async def away(postgres: PostgresServer) -> AsyncIterator[Database]:
    """Return a database on a server that the test may stop."""
    database = Database(postgres.new_database(), [ledger.MIGRATIONS])
    await database.open()
    yield database
    await database.close()


@pytest.mark.parametrize("refuse", [True, False])
async def test_the_database_is_away(postgres: PostgresServer, away: Database, tmp_path: Path, refuse: bool) -> None:
    """While the database is away calls are refused or go on, as the setting says; either way each book is kept.

    Once it is back everything is entered, once, and what comes then goes to it again.
    """
    backlog = kept_in(away, tmp_path)
    await backlog.start()
    writer = Writer(away, backlog, "p1", refuse=refuse)
    writer.start()
    await writer.close(book("c1"))
    postgres.stop()
    try:
        outcomes = await asyncio.gather(
            writer.close(book("c2")),
            writer.close(book("c3")),
            writer.reserve(hold("c4", picos=1)),
            return_exceptions=True,
        )
        with pytest.raises(StoreUnavailable):
            await backlog.enter()
        assert backlog.down
    finally:
        postgres.start()
    await entered_all(backlog)
    await writer.close(book("c5"))
    await writer.stop()
    await backlog.stop()

    assert [StoreUnavailable if refuse else type(None)] * 3 == [type(outcome) for outcome in outcomes]
    assert ["c1", "c2", "c3", "c5"] == await entered(away)
    assert not backlog.down


async def test_a_process_dies_while_the_database_is_away(
    postgres: PostgresServer, away: Database, tmp_path: Path
) -> None:
    """Books that a process wrote to its disk before it died are entered by the next one there; half a line is not."""
    backlog = kept_in(away, tmp_path, "dead")
    writer = Writer(away, backlog, "dead", refuse=True)
    writer.start()
    postgres.stop()
    try:
        await until_down(writer, backlog, "c1")
        await until_down(writer, backlog, "c2")
    finally:
        postgres.start()
    file = tmp_path / "l-dead-a.jsonl"
    with file.open("ab") as half:
        half.write(b'{"call": {"call_id": "c3"')
    following = Folder(tmp_path, "l", "next")
    assert [] == following.orphans()  # It lives.
    for part in (backlog._journals.filling, backlog._journals.leaving):
        part.journal._file.close()  # type: ignore[union-attr]

    orphan, empty = sorted(following.orphans(), key=lambda one: one.name)
    empty.close()
    found = orphan.read()
    orphan.clear()
    orphan.close()

    assert ["c1", "c2"] == [one.call_id for one in found]
    assert isinstance(found[0], Book)
    assert [] == list(tmp_path.iterdir())
    writer._task.cancel()  # type: ignore[union-attr]


@pytest.mark.parametrize("refuse", [True, False])
async def test_a_poisoned_book_harms_no_other(database: Database, backlog: Backlog, refuse: bool) -> None:
    """A book that no database takes is told in the log and left out; those that came with it are entered at once.

    Nobody takes it for an outage: not the one whose book it is, and not those who come after.
    """
    writer = Writer(database, backlog, "p1", refuse=refuse)
    writer.start()
    poisoned, of_nul = book("c2"), book("c4")
    poisoned.call.start_us = None  # type: ignore[assignment]
    of_nul.call.user = "a\0b"
    # SQLite takes the character.
    bad, others = ([poisoned, of_nul], []) if database.dialect == "postgresql" else ([poisoned], ["c4"])

    told = await asyncio.gather(
        *(writer.close(one) for one in (book("c1"), poisoned, of_nul, book("c3"))), return_exceptions=True
    )
    await writer.close(book("c5"))
    await writer.stop()

    assert sorted(["c1", "c3", "c5", *others]) == await entered(database)
    assert not backlog.down
    assert (len(bad) if refuse else 0) == sum(isinstance(one, Internal) for one in told)
    assert (0, 0) == (backlog._journals.filling.count, len(backlog._journals.in_memory))


def test_rows_hold_no_nul() -> None:
    """What a provider says of itself is stripped of the one character that PostgreSQL does not take."""
    target = accounting_pb2.Target(provider="openai", model="gpt", reported_model="gpt\0-4")
    attempt = accounting_pb2.Attempt(target=target, provider_request_id="re\0q")

    row = attempt_row("c1", attempt)

    assert ("gpt-4", "req") == (row.reported_model, row.provider_request_id)
    assert "ab" == book("c1", user="a\0b").call.user


async def test_a_spoiled_journal_stops_no_start(database: Database, tmp_path: Path) -> None:
    """A dead process's file that cannot be read stays where it is; the server starts, and enters the others."""
    folder = tmp_path / "journal"
    settings = LedgerSettings(url="sqlite:///unused.db", journal=str(folder))
    a, b, c = (Path(folder, Folder.of(settings, name).journal("a").name) for name in ("a", "b", "c"))
    others = folder / "0-another_ledger.jsonl"
    spoiled, good = a, Journal(b)
    good.append(book("c1"))
    good.close()
    spoiled.write_bytes(b"no book\n")
    c.mkdir()
    another = Journal(others)
    another.append(book("c2"))
    another.close()
    books = Ledger(database, settings)

    await books.start()
    await books.stop()

    assert ["c1"] == await entered(database)
    assert b"no book\n" == spoiled.with_suffix(".spoiled").read_bytes()
    assert (False, True) == (b.exists(), others.exists())


def _same(one: Hold) -> Hold:
    return one


async def test_a_short_call_needs_no_hold(database: Database, backlog: Backlog) -> None:
    """A note of a call that ends at once is never entered; one that stays under way is."""
    writer = Writer(database, backlog, "p1", refuse=True)
    writer.start()
    short, long = hold("c1", picos=1), hold("c2", picos=1)
    for one in (short, long):
        one.book.periods = one.claims = ()
        writer.note(one.book.call_id, functools.partial(_same, one))
    await writer.close(book("c1"))
    found = await held(database)
    await writer.stop()

    assert ["c2"] == found


async def test_the_period_of_a_book_is_read_back(journal: Journal) -> None:
    """A book comes out of the journal as it went in."""
    before = book("c1", periods=(period(),))
    journal.append(before)

    assert [before] == journal.read()
    journal.clear()
    assert [] == journal.read()
