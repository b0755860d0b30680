"""Whole transactions on SQLite in one thread: going there for each statement would cost more than the statements."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection

from llmrpc_server.database.engine import make_thread_engine

Result = TypeVar("Result")


class SqliteWriter:
    """A thread with a connection that writes, beside those of the event loop."""

    def __init__(self, url: str, survives_power_loss: bool) -> None:  # noqa: FBT001 - as Database has it
        self._engine = make_thread_engine(url, survives_power_loss=survives_power_loss)
        self._thread = ThreadPoolExecutor(1, "llmrpc-sqlite")

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run a function as one transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    async def close(self) -> None:
        """Close the connection, and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    def _transaction(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            return work(connection)
