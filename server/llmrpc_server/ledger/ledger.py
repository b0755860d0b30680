"""The ledger of one process: its writer, and what is done now and then behind it."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from llmrpc_server.config import LedgerSettings
from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger import retention
from llmrpc_server.ledger.hours import sum_up
from llmrpc_server.ledger.journal import Journal
from llmrpc_server.ledger.kept import enter_all
from llmrpc_server.ledger.reaper import Reaper
from llmrpc_server.ledger.writer import Writer

log = structlog.get_logger()

_RECOVER_SECONDS = 0.2
_SUM_UP_SECONDS = 10.0
_RETENTION_SECONDS = 600.0
# Signs of life in the time after which silence means death.
_SIGNS = 5


class Ledger:
    """Runs from `start` to `stop`.

    Attributes:
        writer: Where calls enter their books and holds.
    """

    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._settings = settings
        self._process = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._journal = Journal(_journal_folder(settings), self._process)
        self._reaper = Reaper(database, self._process, settings.dead_after.total_seconds())
        self._spoiled: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self.writer = Writer(database, self._journal, self._process, refuse=settings.on_outage == "refuse")

    async def start(self) -> None:
        """Enter what dead processes left on this machine, and begin.

        Raises:
            CannotKeep: The folder for books that cannot be entered cannot be written.
        """
        await asyncio.to_thread(self._journal.check)
        await self._adopt()
        self.writer.start()
        signs = self._settings.dead_after.total_seconds() / _SIGNS
        chores: list[tuple[float, Callable[[], Awaitable[object]]]] = [
            (_RECOVER_SECONDS, self.writer.recover),
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
        await self.writer.recover()
        if self.writer.unkept:
            log.error("neither the ledger's database nor its journal took these books", lost=self.writer.unkept)
        try:
            await self._reaper.leave()
        except StoreUnavailable:
            log.error("the ledger's database is down; the books are in the journal")  # noqa: TRY400 - no fault of ours
        self._journal.close()

    async def sum_up(self) -> None:
        """Take all calls into the hourly sums."""
        while await sum_up(self._database):
            pass

    async def _adopt(self) -> None:
        for journal in await asyncio.to_thread(self._journal.orphans):
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


def _journal_folder(settings: LedgerSettings) -> Path:
    if settings.journal is not None:
        return Path(settings.journal)
    file = settings.url.removeprefix("sqlite:///")
    return (Path() if file == settings.url else Path(file).parent) / "llmrpc-journal"
