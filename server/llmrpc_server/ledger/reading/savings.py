"""What the ledger knows of money that need not have been spent."""

from dataclasses import dataclass

from sqlalchemy import func, select

from llmrpc_server.database import Database
from llmrpc_server.ledger.tables import calls


@dataclass(frozen=True, slots=True)
class Repeats:
    """Calls to a route that repeated an earlier request of the same tenant and were paid for again."""

    route: str
    calls: int
    picos: int


@dataclass(frozen=True, slots=True)
class TargetUse:
    """What one model at one provider was used for."""

    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    picos: int


async def repeated(database: Database, start_us: int) -> list[Repeats]:
    """Return by route what repetitions cost: each but the first of the calls that asked the same.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    paid = (calls.c.start_us >= start_us, calls.c.code == 0, calls.c.cost_picos > 0, calls.c.fingerprint != "")
    # The dearest counts as the first: no more is promised than can be saved.
    same = (
        select(
            calls.c.route,
            (func.count() - 1).label("again"),
            (func.sum(calls.c.cost_picos) - func.max(calls.c.cost_picos)).label("picos"),
        )
        .where(*paid)
        .group_by(calls.c.route, calls.c.tenant, calls.c.fingerprint)
        .having(func.count() > 1)
        .subquery()
    )
    query = select(same.c.route, func.sum(same.c.again), func.sum(same.c.picos)).group_by(same.c.route)
    async with database.reading() as connection:
        return [Repeats(route, int(again), int(picos)) for route, again, picos in await connection.execute(query)]


async def used_by_target(database: Database, start_us: int) -> list[TargetUse]:
    """Return what each target was paid for.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    sums = (func.count(), *(func.sum(calls.c[name]) for name in ("input_tokens", "output_tokens", "cost_picos")))
    query = (
        select(calls.c.provider, calls.c.model, *sums)
        .where(calls.c.start_us >= start_us, calls.c.code == 0, calls.c.cost_picos > 0)
        .group_by(calls.c.provider, calls.c.model)
    )
    async with database.reading() as connection:
        return [
            TargetUse(provider, model, *(int(value or 0) for value in numbers))
            for provider, model, *numbers in await connection.execute(query)
        ]
