"""Books, holds and budgets add up, on both databases, whatever comes twice, late or at the same time."""

import asyncio
from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select

from llmrpc_server.database import Database
from llmrpc_server.ledger.entries import Amount, Book, Hold, Refusal
from llmrpc_server.ledger.tables import attempts, budget_periods, calls, holds, metadata
from money.made import book, enter_in, hold, period


async def entered(
    database: Database, books: Sequence[Book] = (), opened: Sequence[Hold] = (), process: str = "p1"
) -> list[Refusal | None]:
    """Enter in one transaction."""
    return await enter_in(database, process, books, opened)


async def count(database: Database, table: Any) -> int:
    """Count a table's rows."""
    async with database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def budget(database: Database) -> tuple[int, int]:
    """Return what is spent and reserved of the budget."""
    async with database.reading() as connection:
        row = (await connection.execute(select(budget_periods))).mappings().one()
    return row["spent_picos"], row["reserved_picos"]


async def test_the_migrations_make_the_tables(database: Database) -> None:
    """What the revisions make is what the tables say."""
    async with database.reading() as connection:
        found = await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), metadata))

    assert [] == found


async def test_a_book_is_entered_once(database: Database) -> None:
    """The same book twice is one call, and counts once."""
    for _ in range(2):
        await entered(database, [book("c1", picos=70, periods=(period(),))])

    assert (1, 1) == (await count(database, calls), await count(database, attempts))
    assert (70, 0) == await budget(database)


async def test_a_book_that_comes_twice_at_once(database: Database) -> None:
    """A transaction that was taken for lost can be under way still when its book comes again."""
    books = [book(f"c{number}", picos=7, periods=(period(),)) for number in range(20)]
    for one in books:
        one.held = False
    await asyncio.gather(*(entered(database, [one]) for one in books for _ in range(4)))

    assert (140, 0) == await budget(database)
    assert 20 == await count(database, calls)


async def test_reserve_and_settle(database: Database) -> None:
    """A reservation counts until the book comes; then what was spent counts, and nothing stays reserved."""
    assert [None] == await entered(database, opened=[hold("c1", picos=100, limit=100)])
    assert (0, 100) == await budget(database)

    await entered(database, [book("c1", picos=30, periods=(period(),))])

    assert ((30, 0), 0) == (await budget(database), await count(database, holds))


async def test_a_second_attempt_gives_the_first_back(database: Database) -> None:
    """An attempt that failed counts as what it spent once the next one reserves; a reservation twice counts once."""
    await entered(database, opened=[hold("c1", picos=100, limit=1000)])
    for _ in range(2):
        await entered(database, opened=[hold("c1", picos=200, spent=40, limit=1000)])

    assert (40, 200) == await budget(database)


async def test_a_hard_budget_refuses_what_does_not_fit(database: Database) -> None:
    """Of reservations that come together only as many are granted as fit; a refused one holds nothing."""
    refusals = await entered(database, opened=[hold(f"c{n}", picos=30, limit=100) for n in range(5)])

    assert [None, None, None] == refusals[:3]
    assert all(refusal is not None and refusal.claim.period == period() for refusal in refusals[3:])
    assert ((0, 90), 3) == (await budget(database), await count(database, holds))


async def test_a_soft_budget_only_counts(database: Database) -> None:
    """What does not fit into a soft budget goes on, is counted, and is told."""
    (told,) = await entered(database, opened=[hold("c1", picos=500, limit=100, hard=False)])

    assert told is not None
    assert (period(), Amount(0, 0)) == (told.claim.period, told.spent)
    assert (0, 500) == await budget(database)


async def test_a_budget_of_tokens(database: Database) -> None:
    """A budget of tokens refuses by tokens, whatever the price."""
    refusals = await entered(
        database, opened=[hold(f"c{n}", picos=10**9, tokens=60, token_limit=100) for n in range(2)]
    )

    assert [True, False] == [refusal is None for refusal in refusals]


async def test_processes_share_a_budget(database: Database) -> None:
    """Reservations of several processes at the same time never exceed the budget, and fill it."""
    refusals = await asyncio.gather(
        *(entered(database, opened=[hold(f"c{n}", picos=10, limit=100)], process=f"p{n % 4}") for n in range(40))
    )

    assert 10 == sum(refusal is None for (refusal,) in refusals)
    assert (0, 100) == await budget(database)
