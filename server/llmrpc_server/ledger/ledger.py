"""The ledger of one process: its writer, and what is done now and then behind it."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable

import structlog

from llmrpc_server.config import LedgerSettings
from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger import retention
from llmrpc_server.ledger.backlog import Backlog
from llmrpc_server.ledger.folder import CannotKeep, Folder
from llmrpc_server.ledger.hours import sum_up
from llmrpc_server.ledger.kept import enter_all
from llmrpc_server.ledger.reaper import Reaper
from llmrpc_server.ledger.writer import Writer

log = structlog.get_logger()

_SUM_UP_SECONDS = 10.0
_RETENTION_SECONDS = 600.0
# Signs of life in the time after which silence means death.
_SIGNS = 5
# How long a question waits for what other processes of this machine have not entered yet.
_CATCH_UP_SECONDS = 2.0
_LOOK_SECONDS = 0.02


class Ledger:
    """Runs from `start` to `stop`.

    Attributes:
        writer: Where calls enter their books and holds.
    """

    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._settings = settings
        self._process = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = Folder.of(settings, self._process)
        first = database.dialect == "sqlite" and not settings.survives_power_loss
        self._backlog = Backlog(database, self._folder, self._process, first=first)
        self._reaper = Reaper(database, self._process, settings.dead_after.total_seconds())
        self._spoiled: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self.writer = Writer(database, self._backlog, self._process, refuse=settings.on_outage == "refuse")

    async def start(self) -> None:
        """Enter what dead processes left on this machine, and begin.

        Raises:
            CannotKeep: The folder for books that cannot be entered cannot be written.
        """
        await asyncio.to_thread(self._folder.check)
        await self._adopt()
        try:
            await self._backlog.start()
        except OSError as error:
            raise CannotKeep(f"cannot make a journal: {error}") from error
        self.writer.start()
        signs = self._settings.dead_after.total_seconds() / _SIGNS
        chores: list[tuple[float, Callable[[], Awaitable[object]]]] = [
            (signs, self._reaper.look),
            (signs, self._adopt),
            (_SUM_UP_SECONDS, self.sum_up),
        ]
        if self._settings.keep is not None:
            keep = self._settings.keep
            chores.append((_RETENTION_SECONDS, lambda: retention.remove(self._database, keep)))
        # Also where they are no longer kept: there can be some of before.
        chores.append((_RETENTION_SECONDS, lambda: retention.remove_texts(self._database, self._settings.keep_text)))
        self._tasks = [asyncio.create_task(self._every(seconds, chore)) for seconds, chore in chores]

    async def stop(self) -> None:
        """Enter all that is left, and end; what the database does not take stays in the journal."""
        if self._stopping.is_set() or not self._tasks:
            return
        self._stopping.set()
        await asyncio.gather(*self._tasks)
        await self.writer.stop()
        await self._backlog.stop()
        try:
            await self._reaper.leave()
        except StoreUnavailable:
            log.error("the ledger's database is down; the books are in the journal")  # noqa: TRY400 - no fault of ours

    async def catch_up(self) -> None:
        """Wait until the database has what processes of this machine have reported done.

        One that hangs is not waited for, and while the database is down nothing is: who asks it meets that.
        """
        with contextlib.suppress(StoreUnavailable):
            await self._backlog.enter()
        if not self._backlog.first:
            return
        await self._adopt()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                # Each is empty for a moment whenever all of it was entered.
                waited_for = await asyncio.to_thread(self._folder.filled)
                while waited_for := waited_for - self._spoiled:
                    await asyncio.sleep(_LOOK_SECONDS)
                    waited_for &= await asyncio.to_thread(self._folder.filled)

    async def sum_up(self) -> None:
        """Take all calls into the hourly sums."""
        while await sum_up(self._database):
            pass

    async def _adopt(self) -> None:
        for journal in await asyncio.to_thread(self._folder.orphans):
            try:
                books = await asyncio.to_thread(journal.read)
                await enter_all(self._database, self._process, books)
            except Exception:
                # Left as it is: it is tried again, and a person can look.
                if journal.name not in self._spoiled:
                    log.exception("a dead process's journal cannot be entered", file=journal.name)
                self._spoiled.add(journal.name)
            else:
                journal.clear()
                log.info("a dead process's journal was entered", calls=len(books))
            finally:
                journal.close()

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[object]]) -> None:
        # It is never broken off in the middle of a transaction.
        while not self._stopping.is_set():
            try:
                await chore()
            except StoreUnavailable:
                pass  # The writer tells of it, once.
            except Exception:
                log.exception("a chore of the ledger failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopping.wait()
