"""Budgets' periods that are long over leave the ledger; those that somebody can ask for stay."""

import time
from datetime import timedelta

from sqlalchemy import select

from llmrpc_server.budgets import period_start
from llmrpc_server.database import Database
from llmrpc_server.ledger.chores.retention import remove_periods
from llmrpc_server.ledger.reading import query
from llmrpc_server.ledger.tables import budget_periods


async def test_long_over(database: Database) -> None:
    """Periods of more than three months ago go, however many there are; a budget without periods has one for ever."""
    now_us = time.time_ns() // 1000
    then_us = now_us - int(timedelta(days=94).total_seconds() * 1e6)
    hour, month, over = (period_start(*asked) for asked in (("hour", now_us), ("month", now_us), ("hour", then_us)))
    kept = [("b", "u1", hour), ("m", "u1", month), ("b", "u1", 0)]
    keys = [*kept, *(("b", f"u{number}", over) for number in range(1000))]
    rows = [{"budget": name, "tenant": "", "subject": subject, "start_us": start} for name, subject, start in keys]
    async with database.writing() as connection:
        await connection.execute(budget_periods.insert(), rows)

    await remove_periods(database)

    async with database.reading() as connection:
        left = (await connection.execute(select(budget_periods))).mappings().all()
    assert sorted(kept) == sorted((row["budget"], row["subject"], row["start_us"]) for row in left)
    assert [hour] == [row["start_us"] for row in await query.budget_rows(database, {"b": hour, "other": 0})]
