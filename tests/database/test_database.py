"""The database's promises, on SQLite and on PostgreSQL: one code path, so one test for both."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, select, text

from llmrpc_server.database import CannotOpen, Database, engine
from llmrpc_server.database.insert import insert_new
from llmrpc_server.errors import StoreUnavailable
from postgres import PostgresServer

THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))

_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {after!r}
branch_labels = depends_on = None


def upgrade() -> None:
    {upgrade}
"""
_FIRST = 'op.create_table("{room}", sa.Column("id", sa.Integer, primary_key=True))'
_SECOND = 'op.add_column("{room}", sa.Column("name", sa.Text))'


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/llmrpc.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Return the migrations of a room that keeps things, up to its second version."""
    return _room(tmp_path, "things")


def _room(tmp_path: Path, room: str, *, versions: int = 2) -> Path:
    folder = tmp_path / f"{room}-{versions}"
    folder.mkdir()
    after = None
    for number, upgrade in enumerate((_FIRST, _SECOND, "pass")[:versions], 1):
        name = f"{room}_{number:04}"
        text = _REVISION.format(name=name, after=after, upgrade=upgrade.format(room=room))
        (folder / f"{name}.py").write_text(text)
        after = name
    return folder


@pytest.fixture
async def database(url: str, room: Path) -> AsyncIterator[Database]:
    """Return an open database."""
    database = Database(url, [room])
    await database.open()
    yield database
    await database.close()


async def _names(database: Database) -> list[str | None]:
    async with database.reading() as connection:
        return list((await connection.execute(select(THINGS.c.name).order_by(THINGS.c.id))).scalars())


async def test_rows_survive_a_new_version(url: str, tmp_path: Path) -> None:
    """A room's new revision keeps what is there, and a room that comes later has a line of its own."""
    async with AsyncExitStack() as stack:
        old = Database(url, [_room(tmp_path, "things", versions=1)])
        stack.push_async_callback(old.close)
        await old.open()
        async with old.writing() as connection:
            await connection.execute(THINGS.insert().values(id=1))
        new = Database(url, [_room(tmp_path, "things"), _room(tmp_path, "others")])
        stack.push_async_callback(new.close)
        await new.open()

        assert [None] == await _names(new)


async def test_servers_that_start_at_once_migrate_once(url: str, room: Path) -> None:
    """Of several servers that start on an empty database, one makes the tables and the others wait for it."""
    databases = [Database(url, [room]) for _ in range(4)]

    await asyncio.gather(*(database.open() for database in databases))

    assert [[]] * 4 == [await _names(database) for database in databases]
    for database in databases:
        await database.close()


async def test_a_newer_database_is_left_alone(url: str, tmp_path: Path) -> None:
    """A server does not start on tables that a newer one has changed."""
    new = Database(url, [_room(tmp_path, "things", versions=3)])
    await new.open()
    await new.close()
    old = Database(url, [_room(tmp_path, "things")])

    with pytest.raises(CannotOpen, match="a newer llmrpc has been here: this one does not know things_0003"):
        await old.open()
    await old.close()


async def test_a_transaction_is_whole_or_not_at_all(database: Database) -> None:
    """What a block wrote before it failed is not there."""

    async def fail() -> None:
        """Write a row, and fail."""
        async with database.writing() as connection:
            await connection.execute(THINGS.insert().values(id=1, name="half"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    assert [] == await _names(database)


async def test_writers_queue_up(database: Database) -> None:
    """Transactions that read and then write at the same time all commit; none is lost."""

    async def take_the_next() -> None:
        """Count the rows, and add one."""
        async with database.writing() as connection:
            if database.dialect == "postgresql":
                await connection.exec_driver_sql("LOCK TABLE things")
            last = (await connection.execute(select(func.coalesce(func.max(THINGS.c.id), 0)))).scalar_one()
            await connection.execute(THINGS.insert().values(id=last + 1))

    await asyncio.gather(*(take_the_next() for _ in range(20)))

    assert 20 == len(await _names(database))


async def test_a_row_that_is_there_stays(database: Database) -> None:
    """Rows that come twice are entered once."""
    for name in ("first", "second"):
        async with database.writing() as connection:
            await insert_new(connection, THINGS, [{"id": 1, "name": name}, {"id": 2, "name": name}])

    assert ["first", "first"] == await _names(database)


async def test_an_outage_is_told_as_one(postgres: PostgresServer, room: Path) -> None:
    """While the database is down its users get StoreUnavailable; once it is back they go on without a restart."""
    database = Database(postgres.new_database(), [room])
    await database.open()
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await _names(database)
    finally:
        postgres.start()

    assert [] == await _names(database)
    await database.close()


async def test_a_connection_that_is_cut(postgres: PostgresServer) -> None:
    """A connection that is cut in the middle of a transaction, or a race that it lost, is no outage: it runs again."""
    database = Database(postgres.new_database(), [])
    for fault in ("SELECT pg_terminate_backend(pg_backend_pid())", "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"):
        faults = [fault]

        def work(connection: Connection, faults: list[str] = faults) -> int:
            """Meet the fault, the first time."""
            for statement in [*faults, "SELECT 1"]:
                faults.clear()
                one = connection.execute(text(statement)).scalar_one()
            return int(one)

        assert 1 == await database.write(work)
    with pytest.raises(StoreUnavailable):
        await database.write(lambda connection: connection.execute(text(fault)))
    await database.close()


async def test_a_process_that_stands_still(
    postgres: PostgresServer, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that stops amid a transaction loses it after a while: others need the same rows."""
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 1.0)
    url = postgres.new_database()
    still, other = Database(url, [room]), Database(url, [room])
    await still.open()
    await still.write(lambda connection: connection.execute(THINGS.insert(), {"id": 1, "name": "before"}))
    rename = THINGS.update().values(name="after")

    async def stand_still() -> None:
        """Lock the row until somebody else has changed it."""
        async with still.writing() as connection:
            await connection.execute(THINGS.update().values(name="lost"))
            async with asyncio.timeout(20):
                await other.write(lambda connection: connection.execute(rename))
            await connection.execute(select(THINGS))

    with pytest.raises(StoreUnavailable):
        await stand_still()
    async with still.reading() as connection:
        names = list((await connection.execute(select(THINGS.c.name))).scalars())
    for database in (still, other):
        await database.close()

    assert ["after"] == names


async def test_what_cannot_be_opened_is_named(tmp_path: Path, room: Path) -> None:
    """A place that cannot be written is told, with the reason."""
    (tmp_path / "folder.db").mkdir()
    database = Database(f"sqlite:///{tmp_path}/folder.db", [room])

    with pytest.raises(CannotOpen, match=r"cannot open sqlite.*folder\.db: unable to open database file"):
        await database.open()
    await database.close()


async def test_an_sqlite_file_that_is_away(tmp_path: Path) -> None:
    """Nobody makes an empty one in its place; whoever reads or writes goes on once it is back, from a backup too."""
    file, away = tmp_path / "x %41 #1.db", tmp_path / "away.db"
    database = Database(f"sqlite:///{quote(str(file))}", [])

    async def read() -> list[int]:
        """Return what is there."""
        async with database.reading() as connection:
            return list((await connection.execute(text("SELECT id FROM things"))).scalars())

    async def write() -> None:
        """Put a row there."""
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO things VALUES (1)"))

    async def refused() -> None:
        """See that nothing goes anywhere."""
        for work in (read, write):
            with pytest.raises(StoreUnavailable):
                await work()
        assert not file.exists()

    async with asyncio.timeout(20):
        await database.open()
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE things (id INTEGER)"))
        file.rename(away)
        await refused()
        away.rename(file)
        await write()
        with closing(sqlite3.connect(file)) as one, closing(sqlite3.connect(away)) as other:
            one.backup(other)
        for path in tmp_path.glob(f"{file.name}*"):
            path.unlink()
        await refused()
        away.rename(file)
        await write()
        assert [1, 1] == await read()
        await database.close()
