"""Questions to the ledger: sums from the hourly rows where they have it, from calls elsewhere."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from llmrpc.v1 import usage_pb2
from llmrpc_server.database import Database
from llmrpc_server.errors import Reason
from llmrpc_server.ledger.sums.hours import HOUR_US, Sums
from llmrpc_server.ledger.tables import SUMS, attempts, budget_periods, calls, hours

Group = tuple[str, ...]
_Part = Callable[[Mapping[Any, Any]], str]

_COLUMNS = {
    usage_pb2.USAGE_DIMENSION_PROVIDER: "provider",
    usage_pb2.USAGE_DIMENSION_MODEL: "model",
    usage_pb2.USAGE_DIMENSION_ROUTE: "route",
    usage_pb2.USAGE_DIMENSION_TENANT: "tenant",
    usage_pb2.USAGE_DIMENSION_USER: "user",
    usage_pb2.USAGE_DIMENSION_KEY: "key",
    usage_pb2.USAGE_DIMENSION_PROMPT: "prompt",
}
_TIMES = {
    usage_pb2.USAGE_DIMENSION_HOUR: "%Y-%m-%dT%H:00:00Z",
    usage_pb2.USAGE_DIMENSION_DAY: "%Y-%m-%d",
    usage_pb2.USAGE_DIMENSION_MONTH: "%Y-%m",
}
# One sum of picos can be more than 64 bits hold.
_SPLIT = 10**6
_MONEY = ("cost_picos", "saved_picos")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls; empty: all.

    Attributes:
        start_us: Those that arrived at or after it; 0: from the first.
        end_us: Those that arrived before it; None: to the last.
    """

    start_us: int = 0
    end_us: int | None = None
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    reasons: Sequence[int] = ()


async def usage(
    database: Database,
    wanted: Filter,
    group_by: Sequence[usage_pb2.UsageDimension.ValueType],
    label: str,
) -> dict[Group, Sums]:
    """Sum the calls by group.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    parts = [_part(dimension, label) for dimension in group_by]
    groups: dict[Group, Sums] = defaultdict(Sums)
    first = -(-wanted.start_us // HOUR_US) * HOUR_US
    last = None if wanted.end_us is None else wanted.end_us // HOUR_US * HOUR_US
    async with database.reading() as connection:
        # Of a busy hour there are many: added up in a thread, they hold up no call.
        found = await _calls(connection, wanted, _outside_whole_hours(wanted, first, last))
        await asyncio.to_thread(_add_up, groups, parts, found, Sums.add_call)
        if last is None or first < last:
            sums = await _hours(connection, wanted, first, last, _needed(group_by))
            await asyncio.to_thread(_add_up, groups, parts, sums, Sums.add_hour)
    return groups


def _add_up(
    groups: dict[Group, Sums],
    parts: Sequence[_Part],
    rows: Iterable[Mapping[Any, Any]],
    add: Callable[[Sums, Mapping[Any, Any]], None],
) -> None:
    for row in rows:
        add(groups[tuple(part(row) for part in parts)], row)


async def list_calls(
    database: Database, wanted: Filter, before: tuple[int, str] | None, size: int
) -> list[Mapping[Any, Any]]:
    """Return calls, newest first, that are older than the last one of the page before.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    conditions = [*_conditions(calls, wanted), calls.c.start_us >= wanted.start_us]
    if wanted.end_us is not None:
        conditions.append(calls.c.start_us < wanted.end_us)
    if before is not None:
        start_us, call_id = before
        older = and_(calls.c.start_us == start_us, calls.c.call_id < call_id)
        conditions.append(and_(calls.c.start_us <= start_us, or_(calls.c.start_us < start_us, older)))
    query = select(calls).where(*conditions).order_by(calls.c.start_us.desc(), calls.c.call_id.desc()).limit(size)
    async with database.reading() as connection:
        return list((await connection.execute(query)).mappings())


async def get_call(
    database: Database, call_id: str, tenants: Sequence[str]
) -> tuple[Mapping[Any, Any], list[Mapping[Any, Any]]] | None:
    """Return a call and its attempts; None where there is no such call of these tenants (empty: all).

    Raises:
        StoreUnavailable: The database does not answer.
    """
    query = select(calls).where(calls.c.call_id == call_id)
    if tenants:
        query = query.where(calls.c.tenant.in_(tenants))
    async with database.reading() as connection:
        row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        made = select(attempts).where(attempts.c.call_id == call_id).order_by(attempts.c.number)
        return row, list((await connection.execute(made)).mappings())


async def budget_rows(database: Database, starts: Mapping[str, int]) -> list[Mapping[Any, Any]]:
    """Return what is spent and reserved of budgets' periods.

    Args:
        starts: When the period of each began, by the budget's name.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    its = budget_periods.c
    # Of those of the past there are many.
    asked = or_(*(and_(its.budget == name, its.start_us == start_us) for name, start_us in starts.items()))
    async with database.reading() as connection:
        return list((await connection.execute(select(budget_periods).where(asked))).mappings()) if starts else []


def _outside_whole_hours(wanted: Filter, first: int, last: int | None) -> ColumnElement[bool]:
    """Select the calls that the hourly rows do not have: not summed yet, or in an hour that counts in part."""
    start = calls.c.start_us
    if last is not None and first >= last:
        return and_(start >= wanted.start_us, start < wanted.end_us)
    whole = [start >= first, calls.c.summed.is_(False)]
    edges = [and_(start >= wanted.start_us, start < first)]
    if last is not None:
        whole.append(start < last)
        edges.append(and_(start >= last, start < wanted.end_us))
    return or_(and_(*whole), *edges)


async def _calls(
    connection: AsyncConnection, wanted: Filter, which: ColumnElement[bool]
) -> Iterable[Mapping[Any, Any]]:
    return (await connection.execute(select(calls).where(which, *_conditions(calls, wanted)))).mappings()


async def _hours(
    connection: AsyncConnection, wanted: Filter, first: int, last: int | None, names: Sequence[str]
) -> Iterable[Mapping[Any, Any]]:
    conditions = [*_conditions(hours, wanted), hours.c.hour_us >= first]
    if last is not None:
        conditions.append(hours.c.hour_us < last)
    columns = [hours.c[name] for name in names]
    sums: list[Any] = []
    for name in SUMS:
        if name in _MONEY:
            sums.append(func.sum(hours.c[name] // _SPLIT).label(f"{name}_high"))
            sums.append(func.sum(hours.c[name] % _SPLIT).label(f"{name}_low"))
        else:
            sums.append(func.sum(hours.c[name]).label(name))
    durations = func.aggregate_strings(hours.c.durations, " ").label("durations")
    query = select(*columns, *sums, durations, func.count().label("rows")).where(*conditions).group_by(*columns)
    found = (await connection.execute(query)).mappings()
    return [_whole(row) for row in found if row["rows"]]


def _whole(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Put the two halves of a sum of money together."""
    halves = {name: int(row[f"{name}_high"]) * _SPLIT + int(row[f"{name}_low"]) for name in _MONEY}
    return {**row, **halves}


def _conditions(table: Table, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [table.c[name].in_(values) for name, values in wanted.values.items() if values]
    if wanted.reasons:
        reasons = wanted.reasons if table is calls else [str(reason) for reason in wanted.reasons]
        found.append(table.c.reason.in_(reasons))
    for name, value in wanted.labels.items():
        # As json.dumps writes it: quotes in a name or a value are escaped, so nothing else looks like it.
        pair = f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        text = table.c.labels
        found.append(or_(*(func.replace(text, f"{before}{pair}", "") != text for before in ("{", ", "))))
    return found


def _needed(group_by: Iterable[usage_pb2.UsageDimension.ValueType]) -> list[str]:
    """Name the columns of the hourly rows that groups are made of."""
    names: dict[str, None] = {}
    for dimension in group_by:
        if dimension in _TIMES:
            names["hour_us"] = None
        elif dimension == usage_pb2.USAGE_DIMENSION_LABEL:
            names["labels"] = None
        elif dimension == usage_pb2.USAGE_DIMENSION_REASON:
            names["reason"] = None
        else:
            names[_COLUMNS[dimension]] = None
    return list(names)


def _part(dimension: usage_pb2.UsageDimension.ValueType, label: str) -> _Part:
    """Make the function that reads a group's value from a row."""
    if dimension in _COLUMNS:
        column = _COLUMNS[dimension]
        return lambda row: str(row[column])
    if dimension == usage_pb2.USAGE_DIMENSION_LABEL:
        return lambda row: str(json.loads(row["labels"] or "{}").get(label, ""))
    if dimension == usage_pb2.USAGE_DIMENSION_REASON:
        return lambda row: _reason(int(row["reason"]))
    form = _TIMES[dimension]
    return lambda row: datetime.fromtimestamp(_moment(row) / 1e6, UTC).strftime(form)


def _moment(row: Mapping[Any, Any]) -> int:
    return int(row["hour_us"] if "hour_us" in row else row["start_us"])


def _reason(number: int) -> str:
    """Name a reason; empty for calls that ended well."""
    name = Reason.Name(number) if number in Reason.values() else str(number)  # type: ignore[arg-type]
    return "" if not number else name.removeprefix("ERROR_REASON_")
