"""What becomes of calls whose process died: books with an estimated attempt, at the worst case that was reserved."""

import time

import structlog
from sqlalchemy import Connection, select

from llmrpc_server.database import Database
from llmrpc_server.ledger.entries import Amount, Book
from llmrpc_server.ledger.tables import holds, processes
from llmrpc_server.ledger.transactions.commit import enter

log = structlog.get_logger()

_MOST_AT_ONCE = 200


class Reaper:
    """Says that this process lives, and enters what others left behind.

    Args:
        dead_after: Seconds without a sign after which a process counts as dead. Whoever was not seen because the
            database itself was away is given as long again.
    """

    def __init__(self, database: Database, process: str, dead_after: float) -> None:
        self._database = database
        self._process = process
        self._dead_after = dead_after
        self._well_since: float | None = None
        self._seen: float = 0.0

    async def look(self) -> int:
        """Give a sign of life, and enter the books of the dead; return how many.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        await self._sign()
        now = time.monotonic()
        if self._well_since is None or now - self._seen > self._dead_after / 2:
            self._well_since = now
        self._seen = now
        if now - self._well_since < self._dead_after:
            return 0
        entered = 0
        while count := await self._bury():
            entered += count
        return entered

    async def leave(self) -> None:
        """Take this process off the list: it ends, and left nothing behind.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        await self._database.write(
            lambda connection: connection.execute(processes.delete().where(processes.c.process == self._process))
        )

    async def _sign(self) -> None:
        row = {"process": self._process, "seen_us": _now_us()}
        statement = self._database.insert(processes)
        update = statement.on_conflict_do_update(
            index_elements=[processes.c.process], set_={"seen_us": statement.excluded.seen_us}
        )
        await self._database.write(lambda connection: connection.execute(update, row))

    async def _bury(self) -> int:
        oldest = _now_us() - int(self._dead_after * 1e6)
        alive = select(processes.c.process).where(processes.c.seen_us >= oldest)
        left = select(holds).where(holds.c.process.not_in(alive), holds.c.process != self._process)
        query = left.order_by(holds.c.call_id).limit(_MOST_AT_ONCE).with_for_update()

        def bury(connection: Connection) -> int:
            """Enter the books of those that are found."""
            books = [_book(dict(row)) for row in connection.execute(query).mappings()]
            enter(self._database, connection, self._process, books, [])
            if len(books) < _MOST_AT_ONCE:
                connection.execute(processes.delete().where(processes.c.seen_us < oldest))
            return len(books)

        entered = await self._database.write(bury)
        if entered:
            log.warning("calls of a process that died were entered", calls=entered)
        return entered


def _book(row: dict[str, object]) -> Book:
    book = Book.read(str(row["book"]))
    picos, tokens = (
        int(str(row[f"reserved_{unit}"])) + int(str(row[f"charged_{unit}"])) for unit in ("picos", "tokens")
    )
    book.spent = Amount(picos, tokens)
    book.call.lost = True
    return book


def _now_us() -> int:
    return time.time_ns() // 1000
