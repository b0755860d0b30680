"""Whole transactions on SQLite in one thread: going there for each statement would cost more than the statements."""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from llmrpc_server.database.engine import make_thread_engine
from llmrpc_server.errors import StoreUnavailable

Result = TypeVar("Result")
_Work = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class SqliteWriter:
    """A thread with a connection that writes, beside those of the event loop.

    An executor's way there and back costs twice as much, which is half of what a small transaction does.
    """

    def __init__(self, url: str, survives_power_loss: bool) -> None:  # noqa: FBT001 - as Database has it
        self._engine = make_thread_engine(url, survives_power_loss=survives_power_loss)
        self._connection: Connection | None = None
        self._path = Path(self._engine.url.database or "")
        self._file: os.stat_result | None = None
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="llmrpc-sqlite", daemon=True)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run a function as one transaction.

        Raises:
            StoreUnavailable: It was closed.
        """
        if self._closed:
            raise StoreUnavailable("the database is closed")
        return await self._do(lambda: self._transaction(work))

    async def close(self) -> None:
        """Do what was asked before, close the connection, and end the thread."""
        if self._closed:
            return
        self._closed = True
        await self._do(self._end)
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _do(self, work: Callable[[], Result]) -> Result:
        if not self._thread.ident:
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        self._waiting.put((loop, done, work))
        return await done

    def _transaction(self, work: Callable[[Connection], Result]) -> Result:
        # Kept: the way through a pool costs as much as a small statement.
        try:
            connection = self._connected()
            with connection.begin():
                return work(connection)
        except BaseException:
            self._end()
            raise

    def _connected(self) -> Connection:
        """Return the connection to the file that is there: one that was removed or replaced goes on to take writes.

        Raises:
            FileNotFoundError: It was removed.
        """
        if self._file is not None and not os.path.samestat(self._path.stat(), self._file):
            self._end()
        if self._connection is None:
            self._connection = self._engine.connect()
            self._file = self._path.stat()
        return self._connection

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._engine.dispose()

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            loop, done, work = waiting
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:  # noqa: BLE001 - raised where the result is awaited
                error = raised
            # A loop that was closed meanwhile awaits nothing.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, done, result, error)
            del waiting, done, work, result, error


def _tell(done: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    elif isinstance(error, StopIteration):
        # No future takes it, since it would end whoever awaits it.
        wrapped = RuntimeError("a transaction raised StopIteration")
        wrapped.__cause__ = error
        done.set_exception(wrapped)
    else:
        done.set_exception(error)
