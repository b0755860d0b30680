"""What the budgets have counted of a call before it has more to say.

It stands in the call's hold, or in the estimate that was entered when its process was taken for dead.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from llmrpc_server.database import Database
from llmrpc_server.ledger.entries import Book, Hold
from llmrpc_server.ledger.tables import calls, holds
from llmrpc_server.ledger.transactions import lost

_ENTERED = select(calls.c.call_id, calls.c.lost).where(calls.c.call_id.in_(bindparam("ids", expanding=True)))
_NOTHING: Mapping[str, Any] = {f"{kind}_{unit}": 0 for kind in ("reserved", "charged") for unit in ("picos", "tokens")}


@dataclass(frozen=True, slots=True)
class Before:
    """What stands on the ledger.

    Attributes:
        counted: What the budgets have counted, by call.
        entered: The calls that are on the ledger, of those whose hold is gone.
        estimates: The rows of those that are estimates, by call.
    """

    counted: Mapping[str, Mapping[str, Any]]
    entered: Collection[str]
    estimates: Mapping[str, Mapping[Any, Any]]

    def of(self, call_id: str) -> Mapping[str, Any]:
        """Return what the budgets have counted of a call: `reserved_` and `charged_`, `picos` and `tokens`."""
        return self.counted.get(call_id, _NOTHING)

    def is_due(self, call_id: str) -> bool:
        """Return whether the budgets have yet to count how a call ended."""
        return call_id in self.counted or call_id not in self.entered


def counted_before(database: Database, connection: Connection, books: Sequence[Book], opened: Sequence[Hold]) -> Before:
    """Find what was counted of the calls of some books and holds, and lock it."""
    asked = [book.call_id for book in books if book.periods or book.held]
    known = _holds_of(connection, asked + [hold.book.call_id for hold in opened])
    # Its hold is gone: it was entered before, or by the process that took this one for dead.
    gone = [hold.book.call_id for hold in opened if hold.again and hold.book.call_id not in known]
    there = entered(connection, gone + [call_id for call_id in asked if call_id not in known])
    estimates = lost.estimated(database, connection, [call_id for call_id, estimate in there.items() if estimate])
    return Before(known | {call_id: lost.charged(row) for call_id, row in estimates.items()}, there, estimates)


def _holds_of(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    if not ids:
        return {}
    query = select(holds).where(holds.c.call_id.in_(ids)).order_by(holds.c.call_id).with_for_update()
    return {row["call_id"]: dict(row) for row in (connection.execute(query)).mappings()}


def entered(connection: Connection, ids: Sequence[str]) -> dict[str, bool]:
    """Return which calls are on the ledger, and of each whether it is an estimate for a process taken for dead."""
    if not ids:
        return {}
    return {call_id: bool(estimate) for call_id, estimate in connection.execute(_ENTERED, {"ids": ids})}
