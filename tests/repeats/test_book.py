"""The book of requests, on SQLite and on PostgreSQL: one process gets a request, whoever asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from llmrpc_server import repeats
from llmrpc_server.database import Database
from llmrpc_server.repeats.book import Book
from llmrpc_server.repeats.rows import Id, Row, State
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
async def books(url: str) -> AsyncIterator[list[Book]]:
    """Open the book as two processes do."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(2):
            database = Database(url, (repeats.MIGRATIONS,))
            await database.open()
            stack.push_async_callback(database.close)
            found.append(Book(database, remember=60))
            stack.push_async_callback(found[-1].close)
        yield found


async def test_one_gets_it(books: list[Book]) -> None:
    """Of many who claim many requests at once each request goes to one; the others hear whose it is."""
    ids = [Id("acme", str(number)) for number in range(30)]
    claims = [(book, of, f"{place}") for of in ids for place, book in enumerate(books)]
    found = await asyncio.gather(*(book.claim(of, "f", call_id) for book, of, call_id in claims))

    for of in ids:
        rows = [row for (_, claimed, _), row in zip(claims, found, strict=True) if claimed == of]
        assert 1 == rows.count(None)
        assert [(State.RUNNING, True)] == [(row.state, row.alive) for row in rows if row is not None]


async def test_how_it_ended(books: list[Book]) -> None:
    """An end is written for all to see; one of a call that does not have the request changes nothing."""
    one, other = books
    assert await one.claim(OF, "f", "c-1") is None
    other.ended(OF, "c-2", State.GIVEN_UP)
    await other.close()
    assert Row("f", "c-1", State.RUNNING, alive=True) == await other.read(OF)
    one.ended(OF, "c-1", State.ENDED)
    await one.close()

    assert Row("f", "c-1", State.ENDED, alive=True) == await other.read(OF)
    assert Row("f", "c-1", State.ENDED, alive=True) == await other.claim(OF, "f", "c-3")


async def test_what_is_given_back(books: list[Book]) -> None:
    """A request that is given back can be had again at once."""
    one, other = books
    await one.claim(OF, "f", "c-1")
    await one.forget(OF, "c-1")

    assert await other.read(OF) is None
    assert await other.claim(OF, "g", "c-2") is None


async def test_a_claim_that_nobody_waits_for(books: list[Book]) -> None:
    """Whoever leaves while a request is being claimed does not keep it."""
    one, other = books
    claiming = asyncio.create_task(one.claim(OF, "f", "c-1"))
    await asyncio.sleep(0)
    claiming.cancel()
    await one.close()

    assert await other.claim(OF, "f", "c-2") is None
