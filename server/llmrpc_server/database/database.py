"""Transactions on the database, and what becomes of its failures."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from llmrpc_server.database import migrate
from llmrpc_server.database.engine import BEGIN_IMMEDIATE, make_engine, use_write_ahead_log
from llmrpc_server.database.insert import insert
from llmrpc_server.database.sqlite_writer import SqliteWriter
from llmrpc_server.errors import StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Result = TypeVar("Result")

# What a database that is down, restarting or overrun makes of a statement.
_OUTAGES = (DBAPIError, PoolTimeout, OSError, TimeoutError)
_LOST_RACE = "40"
# PostgreSQL's classes of errors that pass by themselves or with an operator's help: the connection, the transaction's
# state, a lost race, too few resources, an object that is not ready, an intervention, the system.
_OUTAGE_CLASSES = frozenset({"08", "25", _LOST_RACE, "53", "55", "57", "58"})


class CannotOpen(Exception):
    """The database cannot be opened or brought up to date; the text says why, without its credentials."""


class Database:
    """One database, shared by the rooms of this process and by other replicas.

    Args:
        url: "sqlite:///FILE", or "postgresql://USER:PASSWORD@HOST/NAME".
        migrations: The folders of the rooms that keep something in it.
        survives_power_loss: SQLite alone: wait for the disk at each commit; without it a commit survives the
            process, not the machine. PostgreSQL has a setting of its own.

    Attributes:
        dialect: "sqlite" or "postgresql".
    """

    def __init__(self, url: str, migrations: Iterable[Path], *, survives_power_loss: bool = False) -> None:
        self._url = url
        self._migrations = tuple(migrations)
        self._engine: AsyncEngine = make_engine(url, survives_power_loss=survives_power_loss)
        self.dialect: str = self._engine.dialect.name
        self._sqlite = SqliteWriter(url, survives_power_loss) if self.dialect == "sqlite" else None

    async def open(self) -> None:
        """Connect, and bring all tables up to date; several processes may do so at once.

        Raises:
            CannotOpen: It cannot be reached or written, or a newer llmrpc has been there.
        """
        try:
            if self._sqlite is not None:
                await asyncio.to_thread(use_write_ahead_log, self._url)
            # IMMEDIATE, or PostgreSQL's lock in migrate: the second process waits and finds the work done.
            async with self._writer.begin() as connection:
                await connection.run_sync(migrate.to_head, self._migrations)
        except migrate.NewerDatabase as error:
            raise CannotOpen(str(error)) from error
        except (*_OUTAGES, SQLAlchemyError, sqlite3.Error) as error:
            where = self._engine.url.render_as_string(hide_password=True)
            raise CannotOpen(f"cannot open {where}: {first_line(error)}") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        if self._sqlite is not None:
            await self._sqlite.close()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Run the block as one transaction that may write; it commits at the block's end.

        Raises:
            StoreUnavailable: The database does not answer; whether it committed is then not known.
        """
        async with _outages(), self._writer.begin() as connection:
            yield connection

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run a function as one transaction that may write, as `writing` does.

        On SQLite all of it runs in a thread of its own, which costs a fraction of going there for each statement. On
        PostgreSQL it runs a second time where its connection was cut or it lost a race; it may be committed by then.

        Raises:
            StoreUnavailable: The database does not answer; whether it committed is then not known.
        """
        async with _outages():
            if self._sqlite is not None:
                return await self._sqlite.write(work)
            try:
                return await self._run(work)
            except DBAPIError as error:
                if not _by_chance(error):
                    raise
            return await self._run(work)

    async def _run(self, work: Callable[[Connection], Result]) -> Result:
        async with self._writer.begin() as connection:
            return await connection.run_sync(work)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Run the block as one transaction that only reads, beside a writer.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        async with _outages(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                # All statements see one moment, as SQLite's readers do.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Let one transaction at a time, of all processes, go on; SQLite's writers queue up by themselves."""
        if self.dialect == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """Make an INSERT that has ON CONFLICT."""
        return insert(self.dialect, table)

    @property
    def _writer(self) -> AsyncEngine:
        return self._engine.execution_options(**{BEGIN_IMMEDIATE: True})


@asynccontextmanager
async def _outages() -> AsyncIterator[None]:
    try:
        yield
    except _OUTAGES as error:
        if isinstance(error, DBAPIError) and not _outage(error):
            raise
        raise StoreUnavailable("the database does not answer") from error


def _outage(error: DBAPIError) -> bool:
    """Tell an outage from a mistake in a statement, which is a fault of ours."""
    if error.connection_invalidated:
        return True
    if state := getattr(error.orig, "sqlstate", None):
        return str(state)[:2] in _OUTAGE_CLASSES
    return type(error).__name__ in {"OperationalError", "InterfaceError", "DBAPIError"}


def _by_chance(error: DBAPIError) -> bool:
    """Tell whether the next connection may have more luck: it takes more than one to make an outage."""
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None))[:2] == _LOST_RACE


def first_line(error: BaseException) -> str:
    """Return what a driver says of its error, on one line."""
    told = getattr(error, "orig", None) or error
    return str(told).partition("\n")[0] or type(told).__name__
