"""The rows of requests: how they are claimed, ended and read."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from llmrpc_server.database import Database
from llmrpc_server.idempotency.tables import REQUESTS

# A process that has said nothing for so long is dead, and what it ran has no outcome.
DEAD_AFTER_SECONDS = 20.0

_KEY = ("tenant", "request_id")


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
class Claim:
    """A request to be taken for a process."""

    of: Id
    fingerprint: str
    call_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class End:
    """How a request ended; None for one that is to be forgotten."""

    of: Id
    call_id: str
    state: State | None


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a request.

    Attributes:
        call_id: The call that runs or ran it.
        alive: The process that runs it still does, as far as one can see.
    """

    fingerprint: str
    call_id: str
    state: State
    alive: bool


async def claim(
    database: Database, connection: AsyncConnection, claims: Sequence[Claim], remember: float
) -> dict[Id, Row]:
    """Take requests, of different ids; return the rows of those that somebody has already.

    Args:
        remember: A row that is older, in seconds, makes room.
    """
    if not claims:
        return {}
    now = time.time()
    new = [
        {
            **asdict(claim.of),
            "fingerprint": claim.fingerprint,
            "call_id": claim.call_id,
            "owner": claim.owner,
            "seen": now,
            "state": State.RUNNING,
            "started": now,
        }
        for claim in claims
    ]
    insert = database.insert(REQUESTS)
    changed = {column.name: insert.excluded[column.name] for column in REQUESTS.c if column.name not in _KEY}
    insert = insert.on_conflict_do_update(index_elements=_KEY, set_=changed, where=REQUESTS.c.started < now - remember)
    taken = await connection.execute(insert.returning(REQUESTS.c.tenant, REQUESTS.c.request_id), new)
    ours = {Id(*found) for found in taken}
    return await read(connection, [claim.of for claim in claims if claim.of not in ours])


async def read(connection: AsyncConnection, ids: Sequence[Id]) -> dict[Id, Row]:
    """Return the rows of requests, where there are any."""
    if not ids:
        return {}
    found = await connection.execute(select(REQUESTS).where(or_(*map(_is, ids))))
    alive = time.time() - DEAD_AFTER_SECONDS
    return {
        Id(row.tenant, row.request_id): Row(row.fingerprint, row.call_id, State(row.state), row.seen > alive)
        for row in found
    }


async def end(connection: AsyncConnection, ends: Sequence[End]) -> None:
    """Write how requests ended; one that has been given to another call meanwhile is left alone."""
    for statement, which in (
        (_END, [end for end in ends if end.state is not None]),
        (_FORGET, [end for end in ends if end.state is None]),
    ):
        if which:
            await connection.execute(statement, [_parameters(end) for end in which])


async def sign(connection: AsyncConnection, owner: str) -> None:
    """Say that a process lives, in all rows of what it runs."""
    mine = and_(REQUESTS.c.owner == owner, REQUESTS.c.state == State.RUNNING)
    await connection.execute(update(REQUESTS).where(mine).values(seen=time.time()))


async def purge(connection: AsyncConnection, remember: float) -> None:
    """Forget what is too old to be remembered."""
    await connection.execute(delete(REQUESTS).where(REQUESTS.c.started < time.time() - remember))


_WHOSE = (
    REQUESTS.c.tenant == bindparam("its_tenant"),
    REQUESTS.c.request_id == bindparam("its_request_id"),
    REQUESTS.c.call_id == bindparam("its_call_id"),
)
_END = update(REQUESTS).where(*_WHOSE).values(state=bindparam("new_state"))
_FORGET = delete(REQUESTS).where(*_WHOSE)


def _parameters(end: End) -> dict[str, Any]:
    parameters = {"its_tenant": end.of.tenant, "its_request_id": end.of.request_id, "its_call_id": end.call_id}
    return parameters if end.state is None else {**parameters, "new_state": end.state}


def _is(of: Id) -> Any:
    return and_(REQUESTS.c.tenant == of.tenant, REQUESTS.c.request_id == of.request_id)
