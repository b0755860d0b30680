"""The view `attempts` has every attempt, whether it stands in its call's row or has one of its own."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import func, select, text

from llmrpc.v1 import accounting_pb2
from llmrpc_server import ledger, money
from llmrpc_server.database import Database
from llmrpc_server.ledger.chores.reaper import Reaper
from llmrpc_server.ledger.chores.retention import remove
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.kept import enter_all
from llmrpc_server.ledger.reading.messages import to_attempt
from llmrpc_server.ledger.rows import CallRow, Who, attempt_row, call_row
from llmrpc_server.ledger.sums.hours import sum_up
from llmrpc_server.ledger.tables import attempts, attempts_apart
from llmrpc_server.moments import duration
from money.made import NOW_US, book, enter_in, hold, period

TARGET = accounting_pb2.Target(provider="openai", model="gpt-4o", reported_model="gpt-4o-2024")
OLD = (
    "INSERT INTO attempts (call_id, number, cause, start_us, duration_us, reason, http_status, usage_source)"
    " VALUES ('old', 1, 1, 5, 6, 0, 200, 0)"
)
USAGE = accounting_pb2.Usage(input_tokens=9, output_tokens=1, source=accounting_pb2.USAGE_SOURCE_PROVIDER)


def _attempt(**fields: Any) -> accounting_pb2.Attempt:
    made = accounting_pb2.Attempt(number=1, cause=accounting_pb2.ATTEMPT_CAUSE_FIRST, target=TARGET, **fields)
    made.start_time.CopyFrom(Timestamp(seconds=1_700_000_000, nanos=123_456_000))
    made.duration.CopyFrom(duration(0.25))
    return made


def _answered() -> accounting_pb2.Attempt:
    cost = money.cost(100, price_version="test")
    cost.items.add(sku="input_tokens", quantity=9, picos=60)
    cost.items.add(sku="output_tokens", quantity=1, picos=40)
    first = duration(0.125)
    return _attempt(usage=USAGE, cost=cost, provider_request_id="req-1", time_to_first_token=first)


def _row(call_id: str, made: accounting_pb2.Attempt) -> CallRow:
    """Make the row of a call that is all that one attempt was, without it."""
    usage = made.usage if made.HasField("usage") else None
    books = accounting_pb2.Accounting(call_id=call_id, usage=usage, cost=made.cost, attempts_total=1)
    return call_row(
        books, target=TARGET, start_us=NOW_US, who=Who(), labels={}, method="", code=made.reason, reason=made.reason
    )


async def _of(database: Database, call_id: str) -> list[accounting_pb2.Attempt]:
    async with database.reading() as connection:
        query = select(attempts).where(attempts.c.call_id == call_id).order_by(attempts.c.number)
        return [to_attempt(row) for row in (await connection.execute(query)).mappings()]


async def _apart(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(attempts_apart))).scalar_one())


@pytest.mark.parametrize(
    "made", [_answered(), _attempt(cost=money.cost(0), http_status=503, reason=14)], ids=["answered", "refused"]
)
async def test_an_only_attempt_is_read_as_one_with_a_row(database: Database, made: accounting_pb2.Attempt) -> None:
    """It is what the provider's attempt was, to the last field; and nothing stands apart."""
    inside, apart = _row("inside", made), _row("apart", made)
    assert [] == inside.with_attempts([made])
    await enter_all(database, "p1", [Book(inside, []), Book(apart, [attempt_row("apart", made)])])

    assert [made] == await _of(database, "inside") == await _of(database, "apart")
    assert 1 == await _apart(database)


@pytest.mark.parametrize("several", [1, 3])
async def test_attempts_go_with_their_call(database: Database, several: int) -> None:
    """Retention leaves none behind."""
    await enter_in(database, "p1", [book("c1", attempts=several)], [])
    assert list(range(1, several + 1)) == [attempt.number for attempt in await _of(database, "c1")]

    await sum_up(database)
    await remove(database, timedelta(0))

    assert ([], 0) == (await _of(database, "c1"), await _apart(database))


@pytest.mark.parametrize(("estimated", "true"), [(1, 1), (1, 3), (3, 1), (3, 2)])
async def test_the_truth_takes_the_place_of_an_estimates_attempts(
    database: Database, estimated: int, true: int
) -> None:
    """A call that is heard of after all has the attempts that it made, and no other."""
    lost = hold("c1", picos=100, limit=1000)
    lost.book = book("c1", attempts=estimated, periods=(period(),))
    await enter_in(database, "dead", [], [lost])
    reaper = Reaper(database, "alive", dead_after=0)
    await reaper.look()
    while not await _of(database, "c1"):
        await reaper.look()

    await enter_in(database, "p1", [book("c1", attempts=true, periods=(period(),))], [])

    assert list(range(1, true + 1)) == [attempt.number for attempt in await _of(database, "c1")]
    assert (0 if true == 1 else true) == await _apart(database)


async def test_attempts_of_before(url: str, tmp_path: Path) -> None:
    """A ledger from before has all its attempts, one a row, and takes new ones."""
    before = tmp_path / "before"
    before.mkdir()
    for name in ("ledger_0001.py", "ledger_0002.py"):
        shutil.copy(ledger.MIGRATIONS / name, before)
    old = Database(url, [before])
    await old.open()
    async with old.writing() as connection:
        await connection.execute(text(OLD))
    await old.close()

    database = Database(url, [ledger.MIGRATIONS])
    await database.open()
    await enter_in(database, "p1", [book("new", start_us=NOW_US)], [])
    try:
        [found], [new] = await _of(database, "old"), await _of(database, "new")
        assert (200, 5000) == (found.http_status, found.start_time.nanos)
        assert new.usage == USAGE
    finally:
        await database.close()
