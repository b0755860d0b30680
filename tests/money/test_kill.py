"""`kill -9` under load loses no call whose answer arrived, and enters none twice."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fault_provider import ThreadedFaultProvider
from gateway import serving
from llmrpc_server.database import Database
from llmrpc_server.ledger.tables import budget_periods, calls, holds
from money.load import Load
from postgres import PostgresServer

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
routes: {{default: [openai/gpt-4o]}}
prices: {{openai/*: {{input: 2.50, output: 10}}}}
budgets: {budgets}
ledger: {{url: "${{LEDGER}}", dead_after: 1s}}
"""
_BUDGETS = "[{name: all, limit: 1000000}]"
# Some are under way whenever the server dies.
_MODEL = "openai/x+slow-first=60ms"


async def _killed(folder: Path, url: str, load: Load, *, per_second: int) -> None:
    """Run a server under load and kill it at a random moment."""
    with serving(cwd=folder, env={"TEST_KEY": "sk-1", "LEDGER": url}) as server:
        over = asyncio.Event()
        calling = asyncio.create_task(load.steady(server.address, _MODEL, per_second=per_second, until=over))
        answered = len(load.answered)
        async with asyncio.timeout(30):
            while len(load.answered) < answered + 20:
                await asyncio.sleep(0.01)
        await asyncio.sleep(random.random() * 0.3)
        server.send(signal.SIGKILL)
        over.set()
        await calling


@pytest.fixture
async def books(url: str) -> AsyncIterator[Database]:
    """Return a reader of the servers' ledger."""
    database = Database(url, [])
    yield database
    await database.close()


async def _scalar(books: Database, query: object) -> int:
    async with books.reading() as connection:
        return int((await connection.execute(query)).scalar_one() or 0)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("kills", "per_second"), [(2, 100), pytest.param(20, 200, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
@pytest.mark.parametrize("budgets", [_BUDGETS, "[]"], ids=["budget", "no budget"])
async def test_kill(
    faults: ThreadedFaultProvider,
    tmp_path: Path,
    url: str,
    *,
    books: Database,
    kills: int,
    per_second: int,
    budgets: str,
) -> None:
    """Each answer that arrived is on the ledger, once; what was under way becomes an estimate; nothing stays held."""
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG.format(base=faults.base_url, budgets=budgets))
    load = Load()
    for _ in range(kills):
        await _killed(tmp_path, url, load, per_second=per_second)
    with serving(cwd=tmp_path, env={"TEST_KEY": "sk-1", "LEDGER": url}):
        async with asyncio.timeout(30):
            while await _scalar(books, select(func.count()).select_from(holds)):
                await asyncio.sleep(0.05)

    async with books.reading() as connection:
        on_ledger = list((await connection.execute(select(calls.c.call_id))).scalars())
    assert set(load.answered) <= set(on_ledger)
    assert len(on_ledger) == len(set(on_ledger))
    assert len(load.answered) >= 20 * kills
    if budgets == _BUDGETS:
        assert await _scalar(books, select(func.sum(calls.c.cost_picos))) == await _scalar(
            books, select(func.sum(budget_periods.c.spent_picos))
        )
    assert 0 == await _scalar(books, select(func.sum(budget_periods.c.reserved_picos)))
    lost = await _scalar(books, select(func.count()).where(calls.c.usage_source == 2))
    assert lost > 0


async def test_the_database_restarts_under_load(
    faults: ThreadedFaultProvider, tmp_path: Path, postgres: PostgresServer
) -> None:
    """While PostgreSQL restarts calls fail with UNAVAILABLE; no answered one is lost, none is there twice."""
    url = postgres.new_database()
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG.format(base=faults.base_url, budgets=_BUDGETS))
    load, over = Load(), asyncio.Event()
    with serving(cwd=tmp_path, env={"TEST_KEY": "sk-1", "LEDGER": url}) as server:
        calling = asyncio.create_task(load.steady(server.address, _MODEL, per_second=60, until=over))
        async with asyncio.timeout(60):
            while len(load.answered) < 20:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(postgres.stop)
            while not load.failed:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(postgres.start)
            answered = len(load.answered)
            while len(load.answered) < answered + 20:
                await asyncio.sleep(0.01)
        over.set()
        await calling
        server.send(signal.SIGTERM)
        server.wait()

    books = Database(url, [])
    async with books.reading() as connection:
        on_ledger = list((await connection.execute(select(calls.c.call_id))).scalars())
        left = (await connection.execute(select(func.count()).select_from(holds))).scalar_one()
    await books.close()
    assert ["UNAVAILABLE"] == [code.name for code in load.failed]
    assert set(load.answered) <= set(on_ledger)
    assert (len(on_ledger), 0) == (len(set(on_ledger)), left)
    assert not list(tmp_path.glob("llmrpc-journal/*"))
