"""Claims of requests, on SQLite and on PostgreSQL: one process gets a request, whoever asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from llmrpc_server import idempotency
from llmrpc_server.database import Database
from llmrpc_server.idempotency.claims import Claims
from llmrpc_server.idempotency.rows import Id, Row, State
from postgres import PostgresServer

OF = Id("acme", "r-1")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/llmrpc.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def claims(url: str) -> AsyncIterator[list[Claims]]:
    """Claim as two processes do."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(2):
            database = Database(url, (idempotency.MIGRATIONS,))
            await database.open()
            stack.push_async_callback(database.close)
            found.append(Claims(database, remember=60))
            stack.push_async_callback(found[-1].close)
        yield found


async def test_one_gets_it(claims: list[Claims]) -> None:
    """Of many who claim many requests at once each request goes to one; the others hear whose it is."""
    ids = [Id("acme", str(number)) for number in range(30)]
    made = [(one, of, f"{place}") for of in ids for place, one in enumerate(claims)]
    found = await asyncio.gather(*(one.claim(of, "f", call_id) for one, of, call_id in made))

    for of in ids:
        rows = [row for (_, claimed, _), row in zip(made, found, strict=True) if claimed == of]
        assert 1 == rows.count(None)
        assert [(State.RUNNING, True)] == [(row.state, row.alive) for row in rows if row is not None]


async def test_how_it_ended(claims: list[Claims]) -> None:
    """An end is written for all to see; one of a call that does not have the request changes nothing."""
    one, other = claims
    assert await one.claim(OF, "f", "c-1") is None
    other.ended(OF, "c-2", State.GIVEN_UP)
    await other.close()
    assert Row("f", "c-1", State.RUNNING, alive=True) == await other.read(OF)
    one.ended(OF, "c-1", State.ENDED)
    await one.close()

    assert Row("f", "c-1", State.ENDED, alive=True) == await other.read(OF)
    assert Row("f", "c-1", State.ENDED, alive=True) == await other.claim(OF, "f", "c-3")


async def test_what_is_given_back(claims: list[Claims]) -> None:
    """A request that is given back can be had again at once."""
    one, other = claims
    await one.claim(OF, "f", "c-1")
    await one.forget(OF, "c-1")

    assert await other.read(OF) is None
    assert await other.claim(OF, "g", "c-2") is None


async def test_a_claim_that_nobody_waits_for(claims: list[Claims]) -> None:
    """Whoever leaves while a request is being claimed does not keep it."""
    one, other = claims
    claiming = asyncio.create_task(one.claim(OF, "f", "c-1"))
    await asyncio.sleep(0)
    claiming.cancel()
    await one.close()

    assert await other.claim(OF, "f", "c-2") is None
