"""A process that was taken for dead and lives: what it knows takes the place of what was estimated, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from llmrpc_server.database import Database
from llmrpc_server.ledger.chores.reaper import Reaper
from llmrpc_server.ledger.entries import Book, Hold
from llmrpc_server.ledger.reading.query import Filter, usage
from llmrpc_server.ledger.sums.hours import sum_up
from llmrpc_server.ledger.tables import attempts, budget_periods, calls, holds, hours
from llmrpc_server.ledger.writer import Writer
from money.made import book, enter_in, hold, kept_in, period


@pytest.fixture
async def writer(database: Database, tmp_path: Path) -> AsyncIterator[Writer]:
    """Return the writer of a process that gives no sign of life."""
    writer = Writer(database, kept_in(database, tmp_path), "p1", refuse=True)
    writer.start()
    yield writer
    await writer.stop()


async def buried(database: Database) -> None:
    """Have another process take the first one for dead."""
    reaper = Reaper(database, "p2", dead_after=0.1)
    async with asyncio.timeout(10):
        while not await reaper.look():
            await asyncio.sleep(0.02)


async def spent(database: Database) -> tuple[int, ...]:
    """Return what the budget counts: picos spent and reserved, tokens spent and reserved."""
    async with database.reading() as connection:
        row = (await connection.execute(select(budget_periods))).mappings().one()
    return tuple(row[f"{kind}_{unit}"] for unit in ("picos", "tokens") for kind in ("spent", "reserved"))


async def on_ledger(database: Database) -> list[tuple[str, int, bool]]:
    """Return the calls' ids, costs, and whether they are estimates for the dead; attempts cost the same."""
    async with database.reading() as connection:
        found = [
            tuple(row) for row in await connection.execute(select(calls.c.call_id, calls.c.cost_picos, calls.c.lost))
        ]
        made = [tuple(row) for row in await connection.execute(select(attempts.c.call_id, attempts.c.cost_picos))]
    assert [row[:2] for row in found] == made
    return [(call_id, picos, bool(lost)) for call_id, picos, lost in found]


def reserved(call_id: str, picos: int = 100) -> Hold:
    """Make a hold whose estimate is its worst case."""
    return hold(call_id, picos=picos, tokens=10, limit=1000)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("summed", [False, True])
async def test_a_late_book(database: Database, writer: Writer, summed: bool, kept: bool) -> None:
    """The true book replaces the estimate, in the budget and in the hourly sums; entered again, it changes nothing."""
    assert None is await writer.reserve(reserved("c1"))
    await buried(database)
    assert [("c1", 100, True)] == await on_ledger(database)
    assert (100, 0, 10, 0) == await spent(database)
    if summed:
        assert 1 == await sum_up(database)

    true = book("c1", picos=30, tokens=7, periods=(period(),))
    await (enter_in(database, "p1", [true], summing=True) if kept else writer.close(true))

    for again in (False, True):
        if again:
            await enter_in(database, "p3", [true], summing=kept)
        assert [("c1", 30, False)] == await on_ledger(database)
        assert (30, 0, 7, 0) == await spent(database)
        (sums,) = (await usage(database, Filter(), [], "")).values()
        assert (1, 30, 7) == (
            sums.values["calls"],
            sums.values["cost_picos"],
            sums.values["input_tokens"] + sums.values["output_tokens"],
        )
        await sum_up(database)
    async with database.reading() as connection:
        assert [1] == list((await connection.execute(select(hours.c.calls))).scalars())


async def test_late_books_and_kept_ones(database: Database) -> None:
    """Both come at once where an outage ends, on the same budget: none waits for the other's locks in a circle."""
    ids = [f"late{number}" for number in range(40)]
    await enter_in(database, "p1", [], [reserved(call_id, picos=1) for call_id in ids])
    await buried(database)

    def truth(call_id: str) -> Book:
        """Make what became of a call."""
        return book(call_id, picos=2, tokens=10, periods=(period(),))

    late = [enter_in(database, "p1", [truth(call_id)], []) for call_id in ids]
    kept = [enter_in(database, "p3", [truth(f"kept{n}-{m}") for m in range(20)], summing=True) for n in range(40)]
    await asyncio.gather(*(one for pair in zip(late, kept, strict=True) for one in pair))

    assert (2 * 840, 0, 8400, 0) == await spent(database)
    (sums,) = (await usage(database, Filter(), [], "")).values()
    assert (840, 2 * 840) == (sums.values["calls"], sums.values["cost_picos"])


async def test_a_late_book_without_a_budget(database: Database, writer: Writer) -> None:
    """The true book replaces the estimate where nothing is reserved, too."""
    writer.note("c1", lambda: Hold(book("c1", picos=100)))
    await until_held(database)
    await buried(database)

    await writer.close(book("c1", picos=30))

    assert [("c1", 30, False)] == await on_ledger(database)


async def until_held(database: Database) -> None:
    """Wait until there is a hold."""
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as connection:
                if (await connection.execute(select(holds.c.call_id))).first() is not None:
                    return
            await asyncio.sleep(0.02)


async def test_it_goes_on(database: Database, writer: Writer) -> None:
    """The next attempt of a call that was taken for lost counts in place of the estimate, and so does its end."""
    await writer.reserve(reserved("c1"))
    await buried(database)

    assert None is await writer.reserve(reserved("c1", picos=200))

    assert [] == await on_ledger(database)
    assert (0, 200, 0, 10) == await spent(database)
    await writer.close(book("c1", picos=150, tokens=9, periods=(period(),)))
    assert [("c1", 150, False)] == await on_ledger(database)
    assert (150, 0, 9, 0) == await spent(database)


async def test_it_may_not_go_on(database: Database, writer: Writer) -> None:
    """Where a hard budget refuses the next attempt the estimate stands until the call's end is known."""
    await writer.reserve(reserved("c1"))
    await buried(database)

    assert None is not await writer.reserve(reserved("c1", picos=2000))

    assert [("c1", 100, True)] == await on_ledger(database)
    assert (100, 0, 10, 0) == await spent(database)
    await writer.close(book("c1", picos=40, tokens=9, periods=(period(),)))
    assert [("c1", 40, False)] == await on_ledger(database)
    assert (40, 0, 9, 0) == await spent(database)
