"""Removes what is old enough: calls, whose hourly sums stay, texts, and what was spent in periods long over."""

import time
from datetime import timedelta

from sqlalchemy import delete, select, tuple_

from llmrpc_server.database import Database
from llmrpc_server.ledger.tables import attempts_apart, budget_periods, calls, texts

_MOST_AT_ONCE = 900
# Nobody asks for a period that is over; the longest is a month, and a book can come late.
_PERIODS = timedelta(days=93)


async def remove(database: Database, keep: timedelta) -> int:
    """Remove calls that began longer ago than that, with their attempts; return how many.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    oldest = time.time_ns() // 1000 - int(keep.total_seconds() * 1e6)
    removed = 0
    while True:
        async with database.writing() as connection:
            # One that is not in the sums yet would be lost to them.
            query = select(calls.c.call_id).where(calls.c.start_us < oldest, calls.c.summed).limit(_MOST_AT_ONCE)
            ids = list((await connection.execute(query)).scalars())
            if not ids:
                return removed
            for table in (attempts_apart, texts):
                await connection.execute(delete(table).where(table.c.call_id.in_(ids)))
            await connection.execute(delete(calls).where(calls.c.call_id.in_(ids)))
            removed += len(ids)


async def remove_texts(database: Database, keep: timedelta) -> None:
    """Remove the texts of calls that ended longer ago than that.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    oldest = time.time_ns() // 1000 - int(keep.total_seconds() * 1e6)
    old = select(texts.c.call_id).where(texts.c.stored_us < oldest).limit(_MOST_AT_ONCE)
    removed = True
    while removed:
        async with database.writing() as connection:
            done = await connection.execute(delete(texts).where(texts.c.call_id.in_(old)))
            removed = done.rowcount > 0


async def remove_periods(database: Database) -> None:
    """Remove budgets' periods that are long over: those of an hour, for each user, are many.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    oldest = time.time_ns() // 1000 - int(_PERIODS.total_seconds() * 1e6)
    key, start_us = tuple_(*budget_periods.primary_key), budget_periods.c.start_us
    # Of budgets without periods it is 0.
    old = select(*budget_periods.primary_key).where(start_us > 0, start_us < oldest).limit(_MOST_AT_ONCE)
    removed = True
    while removed:
        async with database.writing() as connection:
            done = await connection.execute(delete(budget_periods).where(key.in_(old)))
            removed = done.rowcount > 0
