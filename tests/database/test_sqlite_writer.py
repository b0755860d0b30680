"""The thread that writes to SQLite answers whoever asks, whatever comes of it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from llmrpc_server.database import Database
from llmrpc_server.database.sqlite_writer import SqliteWriter
from llmrpc_server.errors import StoreUnavailable


def _one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the address of an empty database."""
    (tmp_path / "x.db").touch()
    return f"sqlite:///{tmp_path}/x.db"


async def test_closed(url: str) -> None:
    """What was asked before it closes is done; what comes after is refused, and closing twice is nothing."""
    writer = SqliteWriter(url, survives_power_loss=False)
    async with asyncio.timeout(10):
        before = asyncio.create_task(writer.write(_one))
        await asyncio.sleep(0)
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable, match="the database is closed"):
            await writer.write(_one)
        await closing
        await writer.close()
        with pytest.raises(StoreUnavailable, match="the database is closed"):
            await writer.write(_one)

    assert 1 == await before


async def test_a_closed_database(url: str) -> None:
    """A database that is closed opens no new connection for who comes late."""
    database = Database(url, [])
    await database.write(_one)
    await database.close()
    await database.close()

    with pytest.raises(StoreUnavailable):
        await database.write(_one)


async def test_an_error_that_no_future_takes(url: str) -> None:
    """Work that raises StopIteration is told of like any other fault."""
    writer = SqliteWriter(url, survives_power_loss=False)
    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="raised StopIteration") as raised:
            await writer.write(lambda _: next(iter(())))
        assert isinstance(raised.value.__cause__, StopIteration)
        assert 1 == await writer.write(_one)
        await writer.close()


async def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """While its file is away a database is down, and no write goes anywhere else; another in its place is as good."""
    file, away, other = tmp_path / "x.db", tmp_path / "away.db", tmp_path / "other.db"
    writer = SqliteWriter(f"sqlite:///{file}", survives_power_loss=False)
    for place in (other, file):
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("CREATE TABLE things (id INTEGER)")

    def put(connection: Connection) -> int:
        """Write a row, and count all of them."""
        connection.execute(text("INSERT INTO things VALUES (1)"))
        return int(connection.execute(text("SELECT count(*) FROM things")).scalar_one())

    async with asyncio.timeout(10):
        assert 1 == await writer.write(put)
        file.rename(away)
        for _ in range(2):
            with pytest.raises(FileNotFoundError):
                await writer.write(put)
        assert not file.exists()
        away.rename(file)
        assert 2 == await writer.write(put)
        other.replace(file)
        assert 1 == await writer.write(put)
        await writer.close()
