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
from llmrpc_server.ledger.chores import retention
from llmrpc_server.ledger.chores.reaper import Reaper
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.folder import CannotKeep, Folder
from llmrpc_server.ledger.journal.kept import enter_all
from llmrpc_server.ledger.metrics import LedgerMetrics
from llmrpc_server.ledger.sums.hours import sum_up
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
        metrics: What Prometheus collects.
    """

    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._settings = settings
        self._process = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = Folder.of(settings, self._process)
        before_database = database.dialect == "sqlite" and not settings.survives_power_loss
        self._backlog = Backlog(database, self._folder, self._process, before_database=before_database)
        self._reaper = Reaper(database, self._process, settings.dead_after.total_seconds())
        self._question = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self.metrics = LedgerMetrics(self._backlog)
        self.writer = Writer(database, self._backlog, self._process, refuse=settings.on_outage == "refuse")

    async def start(self) -> None:
        """Enter what dead processes left on this machine, and begin.

        Raises:
            CannotKeep: The folder for books that cannot be entered cannot be written.
        """
        await asyncio.to_thread(self._folder.check)
        await _tried(self._adopt)
        try:
            await self._backlog.start()
        except OSError as error:
            raise CannotKeep(f"cannot make a journal: {error}") from error
        self.writer.start()
        signs = self._settings.dead_after.total_seconds() / _SIGNS
        chores: list[tuple[float, Callable[[], Awaitable[object]]]] = [
            (signs, self._reaper.look),
            (_SUM_UP_SECONDS, self.sum_up),
        ]
        if self._settings.keep is not None:
            keep = self._settings.keep
            chores.append((_RETENTION_SECONDS, lambda: retention.remove(self._database, keep)))
        # Also where they are no longer kept: there can be some of before.
        chores.append((_RETENTION_SECONDS, lambda: retention.remove_texts(self._database, self._settings.keep_text)))
        chores.append((_RETENTION_SECONDS, lambda: retention.remove_periods(self._database)))
        self._tasks = [asyncio.create_task(self._every(seconds, chore)) for seconds, chore in chores]
        self._tasks.append(asyncio.create_task(self._every(signs, self._adopt, sooner=self._question)))

    async def stop(self) -> None:
        """Enter all that is left, and end; what the database does not take stays in the journal."""
        if self._stopping.is_set() or not self._tasks:
            return
        self._stopping.set()
        self._question.set()
        await asyncio.gather(*self._tasks)
        await self.writer.stop()
        await self._backlog.stop()
        try:
            await self._reaper.leave()
        except StoreUnavailable:
            log.error("the ledger's database is down; the books are in the journal")  # noqa: TRY400 - no fault of ours

    async def catch_up(self) -> None:
        """Wait until the database has what processes of this machine have reported done.

        For a while, that is, and not if it is down: a question gets what is there.
        """
        with contextlib.suppress(TimeoutError, StoreUnavailable):
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                await self._backlog.enter()
                if self._backlog.before_database:
                    await self._others_entered()

    async def _others_entered(self) -> None:
        self._question.set()
        before = await asyncio.to_thread(self._folder.filled)
        while before:
            await asyncio.sleep(_LOOK_SECONDS)
            now = await asyncio.to_thread(self._folder.filled)
            before = {name: size for name, size in before.items() if now.get(name, 0) >= size}

    async def sum_up(self) -> None:
        """Take all calls into the hourly sums."""
        while await sum_up(self._database):
            pass

    async def _adopt(self) -> None:
        """Enter the journals of the dead.

        Raises:
            StoreUnavailable: The database does not answer; they stay as they are.
        """
        self._question.clear()
        found = await asyncio.to_thread(self._folder.orphans)
        try:
            for journal in found:
                books = await asyncio.to_thread(journal.read)
                await enter_all(self._database, self._process, books)
                if journal.spoiled:
                    journal.set_aside()
                    log.error("a dead process's journal has lines that hold no book", file=journal.name)
                else:
                    journal.clear()
                if books:
                    log.info("a dead process's journal was entered", calls=len(books))
        finally:
            for journal in found:
                journal.close()

    async def _every(
        self, seconds: float, chore: Callable[[], Awaitable[object]], sooner: asyncio.Event | None = None
    ) -> None:
        # It is never broken off in the middle of a transaction.
        while not self._stopping.is_set():
            await _tried(chore)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await (sooner or self._stopping).wait()


async def _tried(chore: Callable[[], Awaitable[object]]) -> None:
    try:
        await chore()
    except StoreUnavailable:
        pass  # The backlog logs it, once.
    except Exception:
        log.exception("a chore of the ledger failed")
