"""Hourly sums, so that long queries stay fast. A call is in them once it is marked; until then queries count it."""

import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, select, update

from llmrpc.v1 import accounting_pb2
from llmrpc_server.database import Database
from llmrpc_server.database.insert import insert
from llmrpc_server.ledger.rows import TOKENS
from llmrpc_server.ledger.sums import histogram
from llmrpc_server.ledger.tables import DIMENSIONS, SUMS, calls, hours

HOUR_US = 3_600_000_000
_MOST_AT_ONCE = 5000
_MOST_PARAMETERS = 900
_DIMENSIONS = itemgetter(*DIMENSIONS)

# What of a call counts.
_COUNTING = (
    *("call_id", "start_us", "duration_us", "code", "cache_status", "attempts", "usage_source"),
    *("cost_picos", "cost_incomplete", "saved_picos", *TOKENS, *DIMENSIONS),
)
_WAITING = (
    select(*(calls.c[name] for name in _COUNTING))
    .where(calls.c.summed.is_(False))
    .order_by(calls.c.start_us)
    .limit(_MOST_AT_ONCE)
)
_DURATIONS = select(hours.c.group_id, hours.c.durations).where(
    hours.c.hour_us == bindparam("its_hour"), hours.c.group_id.in_(bindparam("its_groups", expanding=True))
)


class Sums:
    """What a group of calls adds up to."""

    __slots__ = ("durations", "values")

    def __init__(self) -> None:
        self.values: dict[str, int] = dict.fromkeys(SUMS, 0)
        self.durations = histogram.Histogram()

    def add_call(self, row: Mapping[Any, Any]) -> None:
        """Count a call's row."""
        values = self.values
        values["calls"] += 1
        values["failed_calls"] += row["code"] != 0
        values["cache_hits"] += row["cache_status"] == accounting_pb2.CACHE_STATUS_HIT
        values["attempts"] += row["attempts"]
        for name in TOKENS:
            values[name] += row[name] or 0
        values["estimated_calls"] += row["usage_source"] == accounting_pb2.USAGE_SOURCE_ESTIMATED
        priced = row["cost_picos"] is not None
        values["priced_calls"] += priced
        values["incomplete_calls"] += bool(row["cost_incomplete"]) or not priced
        values["cost_picos"] += row["cost_picos"] or 0
        values["saved_calls"] += row["saved_picos"] is not None
        values["saved_picos"] += row["saved_picos"] or 0
        self.durations[histogram.bucket(row["duration_us"])] += 1

    def add_hour(self, row: Mapping[Any, Any]) -> None:
        """Count a row of the hourly sums."""
        for name in SUMS:
            self.values[name] += int(row[name])
        for pair in row["durations"].split():
            number, _, count = pair.partition(":")
            self.durations[int(number)] += int(count)


async def sum_up(database: Database) -> int:
    """Take calls into the hourly sums; return how many there were.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    return await database.write(lambda connection: _sum_up(database, connection))


def lock(database: Database, connection: Connection) -> None:
    """Let nobody else change the sums, or which calls are in them, until the transaction ends."""
    database.lock(connection, "ledger.hours")


def add(database: Database, connection: Connection, rows: Iterable[Mapping[Any, Any]]) -> None:
    """Take calls in that are marked already; the caller has the lock."""
    _add(database, connection, _grouped(rows))


def take_out(database: Database, connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Take calls out of the sums that they are in; the caller has the lock."""
    groups = _grouped(rows)
    for sums in groups.values():
        sums.values = {name: -value for name, value in sums.values.items()}
        sums.durations = histogram.Histogram({number: -count for number, count in sums.durations.items()})
    _add(database, connection, groups)
    touched = {key[0] for key in groups}
    connection.execute(delete(hours).where(hours.c.hour_us.in_(touched), hours.c.calls == 0))


def _sum_up(database: Database, connection: Connection) -> int:
    lock(database, connection)
    rows = connection.execute(_WAITING).mappings().all()
    _add(database, connection, _grouped(rows))
    ids = [row["call_id"] for row in rows]
    for start in range(0, len(ids), _MOST_PARAMETERS):
        chunk = ids[start : start + _MOST_PARAMETERS]
        connection.execute(update(calls).where(calls.c.call_id.in_(chunk)).values(summed=True))
    return len(rows)


def _grouped(rows: Iterable[Mapping[Any, Any]]) -> dict[tuple[Any, ...], Sums]:
    groups: dict[tuple[Any, ...], Sums] = defaultdict(Sums)
    for row in rows:
        groups[row["start_us"] // HOUR_US * HOUR_US, *_DIMENSIONS(row)].add_call(row)
    return groups


def _add(database: Database, connection: Connection, groups: Mapping[tuple[Any, ...], Sums]) -> None:
    if not groups:
        return
    rows = [_row(key, sums) for key, sums in groups.items()]
    before = _durations(connection, rows)
    for row in rows:
        counts = histogram.load(before.get((row["hour_us"], row["group_id"]), ""))
        row["durations"] = histogram.dump(counts + row["durations"])
    connection.execute(_adding(database.dialect), rows)


# Making them costs more than a transaction does.
@functools.cache
def _adding(dialect: str) -> Executable:
    statement = insert(dialect, hours)
    added = {name: hours.c[name] + statement.excluded[name] for name in SUMS}
    return statement.on_conflict_do_update(
        index_elements=[hours.c.hour_us, hours.c.group_id], set_={**added, "durations": statement.excluded.durations}
    )


def _durations(connection: Connection, rows: Iterable[Mapping[Any, Any]]) -> dict[tuple[int, str], str]:
    by_hour: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_hour[row["hour_us"]].append(row["group_id"])
    found: dict[tuple[int, str], str] = {}
    for hour_us, groups in by_hour.items():
        for start in range(0, len(groups), _MOST_PARAMETERS):
            asked = {"its_hour": hour_us, "its_groups": groups[start : start + _MOST_PARAMETERS]}
            for group_id, durations in connection.execute(_DURATIONS, asked):
                found[hour_us, group_id] = durations
    return found


def _row(key: tuple[Any, ...], sums: Sums) -> dict[str, Any]:
    hour_us, *values = key[0], *map(str, key[1:])
    digest = hashlib.sha256("\0".join(values).encode()).hexdigest()[:32]
    names = dict(zip(DIMENSIONS, values, strict=True))
    return {"hour_us": hour_us, "group_id": digest, **names, **sums.values, "durations": sums.durations}
