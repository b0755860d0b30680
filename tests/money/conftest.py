"""Databases of both kinds for the ledger's own tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llmrpc_server import ledger
from llmrpc_server.database import Database
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.writer import Writer
from money.made import kept_in
from postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/books.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Return an open database with the ledger's tables."""
    database = Database(url, [ledger.MIGRATIONS])
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def backlog(database: Database, tmp_path: Path) -> AsyncIterator[Backlog]:
    """Return a backlog that comes first, and takes what comes."""
    backlog = kept_in(database, tmp_path / "journal", first=True)
    await backlog.start()
    yield backlog
    await backlog.stop()


@pytest.fixture
async def writer(database: Database, backlog: Backlog) -> AsyncIterator[Writer]:
    """Return a writer that runs, before that backlog."""
    writer = Writer(database, backlog, "p1", refuse=True)
    writer.start()
    yield writer
    await writer.stop()
