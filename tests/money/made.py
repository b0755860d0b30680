"""Books and holds that a test makes by itself."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import select

from llmrpc.v1 import accounting_pb2
from llmrpc_server import money
from llmrpc_server.budgets import Claim, Period
from llmrpc_server.database import Database
from llmrpc_server.ledger.entries import Amount, Book, Hold, Refusal
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.rows import Who, call_row
from llmrpc_server.ledger.tables import calls, holds
from llmrpc_server.ledger.transactions.commit import enter
from llmrpc_server.moments import duration

NOW_US = time.time_ns() // 1000


def book(
    call_id: str,
    *,
    picos: int | None = 100,
    tokens: int = 10,
    periods: tuple[Period, ...] = (),
    start_us: int = NOW_US,
    seconds: float = 1.0,
    code: int = 0,
    reason: int = 0,
    provider: str = "openai",
    model: str = "gpt-4o",
    route: str = "default",
    labels: dict[str, str] | None = None,
    attempts: int = 1,
    **who: str,
) -> Book:
    """Make the book of a call whose first attempt cost all that it cost."""
    source = accounting_pb2.USAGE_SOURCE_PROVIDER
    usage = accounting_pb2.Usage(input_tokens=tokens - 1, output_tokens=1, source=source)
    target = accounting_pb2.Target(provider=provider, model=model)
    cost = None if picos is None else money.cost(picos, price_version="test")
    attempt = accounting_pb2.Attempt(
        number=1, target=target, start_time=Timestamp(seconds=start_us // 10**6), usage=usage, cost=cost
    )
    repeated = [accounting_pb2.Attempt(number=number, target=target) for number in range(2, attempts + 1)]
    books = accounting_pb2.Accounting(
        call_id=call_id,
        route=route,
        target=target,
        usage=usage,
        cost=cost,
        attempts_total=attempts,
        duration=duration(seconds),
        cache=accounting_pb2.CacheInfo(status=accounting_pb2.CACHE_STATUS_BYPASS),
    )
    row = call_row(
        books,
        target=target,
        start_us=start_us,
        who=Who(**{"tenant": "default", **who}),
        labels=labels or {},
        method="llmrpc.v1.CompletionService/Complete",
        code=code,
        reason=reason,
    )
    return Book(row, row.with_attempts([attempt, *repeated]), Amount(picos or 0, tokens), periods)


def period(name: str = "b", subject: str = "tenant:default") -> Period:
    """Make the period of a budget."""
    return Period(name, "default", subject, 0)


def hold(
    call_id: str,
    *,
    picos: int,
    tokens: int = 0,
    limit: int | None = None,
    token_limit: int | None = None,
    hard: bool = True,
    name: str = "b",
    spent: int = 0,
) -> Hold:
    """Make a hold on one budget."""
    its = period(name)
    kept = book(call_id, picos=picos, tokens=10, periods=(its,))
    kept.spent = Amount(spent, 0)
    return Hold(kept, Amount(picos, tokens), (Claim(its, limit, token_limit, hard),))


def kept_in(database: Database, folder: Path, process: str = "p1", *, first: bool = False) -> Backlog:
    """Make the backlog of a process."""
    return Backlog(database, Folder(folder, "l", process), process, before_database=first)


async def entered_all(backlog: Backlog) -> None:
    """Wait until a backlog is empty, and its database found well."""
    async with asyncio.timeout(20):
        while backlog.down or backlog.waiting:
            await asyncio.sleep(0.01)


async def enter_in(
    database: Database, process: str, books: Sequence[Book], opened: Sequence[Hold] = (), *, summing: bool = False
) -> list[Refusal | None]:
    """Enter books and holds in one transaction."""
    return await database.write(lambda connection: enter(database, connection, process, books, opened, summing=summing))


async def entered(database: Database) -> list[str]:
    """Return the calls that a ledger has."""
    async with database.reading() as connection:
        return list((await connection.execute(select(calls.c.call_id).order_by(calls.c.call_id))).scalars())


async def held(database: Database) -> list[str]:
    """Return the calls that are held, once there are any."""
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as connection:
                if found := list((await connection.execute(select(holds.c.call_id))).scalars()):
                    return found
            await asyncio.sleep(0.01)
