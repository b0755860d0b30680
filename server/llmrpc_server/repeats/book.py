"""Who runs which request: one row for each request_id of a tenant, in the database that all server processes share."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import and_, delete, or_, select, update

from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.repeats.tables import REQUESTS

# A process that has said nothing for so long is dead, and what it ran has no outcome.
DEAD_AFTER_SECONDS = 20.0
_SECONDS_BETWEEN_SIGNS = 5.0
_SECONDS_BETWEEN_PURGES = 300.0
_BATCH = 100

log = structlog.get_logger()


class State(StrEnum):
    """How far a request has got."""

    RUNNING = "running"
    # There is, or was, an outcome.
    ENDED = "ended"
    # It was given up in the middle: there will be none.
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Id:
    """A request_id, which means something within its tenant alone."""

    tenant: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """What the book says of a request.

    Attributes:
        call_id: The call that runs or ran it.
        alive: The process that runs it still does, as far as one can see.
    """

    fingerprint: str
    call_id: str
    state: State
    alive: bool


class Book:
    """The rows of this process, and those of others to look at.

    Args:
        remember: After so many seconds a request_id is new again.
    """

    def __init__(self, database: Database, *, remember: float) -> None:
        self._database = database
        self._remember = remember
        self._owner = uuid.uuid4().hex
        self._running = 0
        self._ended: list[tuple[Id, str, State | None]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Say now and then that this process lives, and forget what is old, until `close`."""
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._write_ended()
        except StoreUnavailable:
            log.warning("the ends of requests could not be written", requests=len(self._ended))

    async def claim(self, of: Id, fingerprint: str, call_id: str) -> Row | None:
        """Take a request for this process; return None, or the row of the one that has it already.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        now = time.time()
        row = {
            "tenant": of.tenant,
            "request_id": of.request_id,
            "fingerprint": fingerprint,
            "call_id": call_id,
            "owner": self._owner,
            "seen": now,
            "state": State.RUNNING,
            "started": now,
        }
        try:
            async with self._database.writing() as connection:
                # What is too old to be remembered makes room.
                old = REQUESTS.c.started < now - self._remember
                insert = self._database.insert(REQUESTS).values(row)
                taken = await connection.execute(
                    insert.on_conflict_do_update(index_elements=["tenant", "request_id"], set_=row, where=old)
                )
                there = (await connection.execute(select(REQUESTS).where(_is(of)))).one()
        except BaseException:
            # Whether it was taken is not known.
            self._ended.append((of, call_id, None))
            raise
        if not taken.rowcount:
            return _row(there)
        self._running += 1
        return None

    async def read(self, of: Id) -> Row | None:
        """Return the row of a request; None where there is none.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        async with self._database.reading() as connection:
            found = (await connection.execute(select(REQUESTS).where(_is(of)))).one_or_none()
        return None if found is None else _row(found)

    async def forget(self, of: Id, call_id: str) -> None:
        """Give a request of this process back: nothing was done for it, so a repeat may run."""
        self.ended(of, call_id, None)
        try:
            await self._write_ended()
        except StoreUnavailable:
            log.warning("a request could not be given back yet", call_id=call_id)

    def ended(self, of: Id, call_id: str, state: State | None) -> None:
        """Note how a request of this process ended, None for one to forget; it is written soon, with others."""
        self._running -= 1
        self._ended.append((of, call_id, state))

    async def _keep(self) -> None:
        signed = purged = 0.0
        while True:
            await asyncio.sleep(1.0)
            try:
                await self._write_ended()
                if time.monotonic() - signed > _SECONDS_BETWEEN_SIGNS and self._running:
                    signed = time.monotonic()
                    await self._sign()
                if time.monotonic() - purged > _SECONDS_BETWEEN_PURGES:
                    purged = time.monotonic()
                    await self._purge()
            except StoreUnavailable:
                log.warning("the book of requests cannot be written now")

    async def _write_ended(self) -> None:
        while self._ended:
            batch = self._ended[:_BATCH]
            async with self._database.writing() as connection:
                for state in {state for _, _, state in batch}:
                    rows = or_(*(and_(_is(of), REQUESTS.c.call_id == call) for of, call, to in batch if to is state))
                    change = delete(REQUESTS) if state is None else update(REQUESTS).values(state=state)
                    await connection.execute(change.where(rows))
            # Others may have been added meanwhile, at the end.
            self._ended = [ended for ended in self._ended if ended not in batch]

    async def _sign(self) -> None:
        mine = and_(REQUESTS.c.owner == self._owner, REQUESTS.c.state == State.RUNNING)
        async with self._database.writing() as connection:
            await connection.execute(update(REQUESTS).where(mine).values(seen=time.time()))

    async def _purge(self) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(REQUESTS).where(REQUESTS.c.started < time.time() - self._remember))


def _is(of: Id) -> Any:
    return and_(REQUESTS.c.tenant == of.tenant, REQUESTS.c.request_id == of.request_id)


def _row(found: Any) -> Row:
    return Row(
        fingerprint=found.fingerprint,
        call_id=found.call_id,
        state=State(found.state),
        alive=found.seen > time.time() - DEAD_AFTER_SECONDS,
    )
