"""Calls whose process was taken for dead, and that are heard of after all: the truth takes the estimate's place."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from llmrpc_server.database import Database
from llmrpc_server.ledger.sums import hours
from llmrpc_server.ledger.tables import attempts_apart, calls


def estimated(database: Database, connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
    """Return the rows of those of the calls that were entered as lost, locked."""
    if not ids:
        return {}
    # Before any row of a call: summing up takes them in this order.
    hours.lock(database, connection)
    query = select(calls).where(calls.c.call_id.in_(ids), calls.c.lost).order_by(calls.c.call_id).with_for_update()
    return {row["call_id"]: row for row in connection.execute(query).mappings()}


def charged(row: Mapping[Any, Any]) -> dict[str, int]:
    """Return what the budgets have counted of such a call, with the names that a hold has."""
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    return {
        "reserved_picos": 0,
        "reserved_tokens": 0,
        "charged_picos": row["cost_picos"] or 0,
        "charged_tokens": tokens,
    }


def remove(database: Database, connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Take estimates off the ledger, and out of the hourly sums."""
    if not rows:
        return
    hours.take_out(database, connection, [row for row in rows if row["summed"]])
    ids = [row["call_id"] for row in rows]
    connection.execute(delete(attempts_apart).where(attempts_apart.c.call_id.in_(ids)))
    connection.execute(delete(calls).where(calls.c.call_id.in_(ids)))
