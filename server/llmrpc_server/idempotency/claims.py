"""Who runs which request: one row for each request_id of a tenant, in the database that all server processes share.

What comes while a transaction is under way goes into the next one together.
"""

import asyncio
import time
import uuid

import structlog

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.idempotency import rows
from llmrpc_server.idempotency.rows import Claim, End, Id, Row, State

_SECONDS_BETWEEN_SIGNS = 5.0
_SECONDS_BETWEEN_PURGES = 300.0
_BATCH = 100

log = structlog.get_logger()


class Claims:
    """The rows of this process, and those of others to look at.

    Args:
        remember: After so many seconds a request_id is new again.
    """

    def __init__(self, database: Database, *, remember: float) -> None:
        self._database = database
        self._remember = remember
        self._owner = uuid.uuid4().hex
        self._running = 0
        self._claims: list[tuple[Claim, asyncio.Future[Row | None]]] = []
        self._ends: list[End] = []
        self._writing: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Say now and then that this process lives, and forget what is old, until `close`."""
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._written()

    async def claim(self, of: Id, fingerprint: str, call_id: str) -> Row | None:
        """Take a request for this process; return None, or the row of the one that has it already.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        told: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._claims.append((Claim(of, fingerprint, call_id, self._owner), told))
        self._write()
        try:
            return await told
        except asyncio.CancelledError:
            if _was_taken(told):
                self.ended(of, call_id, None)  # Nobody is there to run it.
            raise

    async def read(self, of: Id) -> Row | None:
        """Return the row of a request; None where there is none.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        async with self._database.reading() as connection:
            return (await rows.read(connection, [of])).get(of)

    def ended(self, of: Id, call_id: str, state: State | None) -> None:
        """Note how a request of this process ended, None for one to forget; it is written soon, with others."""
        self._running -= 1
        self._ends.append(End(of, call_id, state))

    async def forget(self, of: Id, call_id: str) -> None:
        """Give a request of this process back: nothing was done for it, so a repeat may run."""
        self.ended(of, call_id, None)
        await self._written()

    def _write(self) -> asyncio.Task[None]:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return self._writing

    async def _written(self) -> None:
        while self._claims or self._ends:
            before = len(self._ends)
            await asyncio.shield(self._write())
            if before and len(self._ends) >= before:  # the database does not answer; they stay for later
                return

    async def _write_all(self) -> None:
        while self._claims or self._ends:
            claims = {claim.of: (claim, told) for claim, told in reversed(self._claims[:_BATCH])}
            self._claims = [pair for pair in self._claims if pair not in claims.values()]
            ends = self._ends[:_BATCH]
            try:
                async with self._database.writing() as connection:
                    await rows.end(connection, ends)
                    wanted = [claim for claim, _ in claims.values()]
                    there = await rows.claim(self._database, connection, wanted, self._remember)
            except Exception as error:
                if isinstance(error, StoreUnavailable):
                    # Whether they were taken is not known.
                    self._ends += [End(claim.of, claim.call_id, None) for claim, _ in claims.values()]
                else:
                    # The fault is in these rows: they would fail again, and all after them.
                    self._ends = self._ends[len(ends) :]
                for _, told in claims.values():
                    if not told.done():
                        told.set_exception(error)
                if not isinstance(error, StoreUnavailable):
                    raise
                log.warning("the book of requests cannot be written now")
                return
            self._ends = self._ends[len(ends) :]
            for of, (claim, told) in claims.items():
                if not told.done():
                    self._running += of not in there
                    told.set_result(there.get(of))
                elif of not in there:
                    # Nobody waits for it any more.
                    self._ends.append(End(of, claim.call_id, None))

    async def _keep(self) -> None:
        signed = purged = 0.0
        while True:
            await asyncio.sleep(1.0)
            try:
                await self._written()
                if time.monotonic() - signed > _SECONDS_BETWEEN_SIGNS and self._running:
                    signed = time.monotonic()
                    async with self._database.writing() as connection:
                        await rows.sign(connection, self._owner)
                if time.monotonic() - purged > _SECONDS_BETWEEN_PURGES:
                    purged = time.monotonic()
                    async with self._database.writing() as connection:
                        await rows.purge(connection, self._remember)
            except StoreUnavailable:
                log.warning("the book of requests cannot be written now")
            except Exception:
                log.exception("the book of requests could not be kept")


def _was_taken(told: asyncio.Future[Row | None]) -> bool:
    """Tell whether a claim had been granted already."""
    return told.done() and not told.cancelled() and told.exception() is None and told.result() is None
