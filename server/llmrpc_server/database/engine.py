"""Connections to SQLite and PostgreSQL."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import SingletonThreadPool

# An execution option: SQLite takes its write lock at the transaction's begin, so that two writers queue up; a reader
# that turned into a writer would fail at once where another was quicker.
BEGIN_IMMEDIATE = "llmrpc_begin_immediate"

# How long a transaction waits for SQLite's write lock, a connection or an answer.
PATIENCE_SECONDS = 5.0
_LOCKED_SECONDS = 0.02

# Of a pooled connection to SQLite: the file that it is to.
_FILE = "llmrpc_file"

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def make_engine(url: str, *, survives_power_loss: bool) -> AsyncEngine:
    """Make the engine; nothing is connected yet."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=DRIVERS[parsed.get_backend_name()])
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, survives_power_loss=survives_power_loss)
    return _postgresql(parsed)


def use_write_ahead_log(url: str) -> None:
    """Switch an SQLite file to its write-ahead log, for all connections that come; waits for others that do the same.

    Raises:
        sqlite3.Error: It cannot be opened, or stays locked.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with contextlib.closing(sqlite3.connect(make_url(url).database or "", timeout=PATIENCE_SECONDS)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # This one statement does not wait for a lock by itself.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_LOCKED_SECONDS)
            else:
                return


def make_thread_engine(url: str, *, survives_power_loss: bool) -> Engine:
    """Make the engine of SQLite for one thread that writes."""
    parsed = make_url(url).set(drivername="sqlite")
    engine = create_engine(parsed, poolclass=SingletonThreadPool, connect_args={"timeout": PATIENCE_SECONDS})
    _prepare(engine, survives_power_loss=survives_power_loss)
    return engine.execution_options(**{BEGIN_IMMEDIATE: True})


def _postgresql(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=PATIENCE_SECONDS,
        connect_args={"timeout": PATIENCE_SECONDS, "command_timeout": PATIENCE_SECONDS * 6},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # A process that stands still amid a transaction would hold up all others that need the same rows. Said here,
        # since poolers such as PgBouncer take no connection that asks for it as it begins.
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = {PATIENCE_SECONDS * 1000:.0f}")
        cursor.close()
        connection.commit()

    return engine


def _sqlite(url: URL, *, survives_power_loss: bool) -> AsyncEngine:
    engine = create_async_engine(url, pool_timeout=PATIENCE_SECONDS, connect_args={"timeout": PATIENCE_SECONDS})
    _prepare(engine.sync_engine, survives_power_loss=survives_power_loss)
    return engine


def _prepare(engine: Engine, *, survives_power_loss: bool) -> None:
    path = Path(engine.url.database or "").absolute()
    # SQLite would make a file that is missing: an empty one, in the place of one that is away for a moment.
    existing = f"file:///{quote(str(path).lstrip('/'))}?mode=rw"

    @event.listens_for(engine, "do_connect")
    def _connecting(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        arguments[:], options["uri"] = [existing], True

    @event.listens_for(engine, "checkout")
    def _taken(_connection: Any, record: Any, _proxy: Any) -> None:
        # Kept from before the file was replaced, or removed.
        if not (path.exists() and os.path.samestat(path.stat(), record.info[_FILE])):
            raise DisconnectionError(f"{path} is another file, or none")

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        record.info[_FILE] = path.stat()
        # Python's own way to begin transactions leaves DDL outside of them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {'FULL' if survives_power_loss else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        immediate = connection.get_execution_options().get(BEGIN_IMMEDIATE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
