"""Enters books and holds, many in one transaction, so that budgets add up whatever happens between two of them.

Each step counts the difference to what the budgets have counted of its call before, so one that comes twice counts
once.

All of it is for `Database.write`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, tuple_

from llmrpc_server.budgets import Claim, Period
from llmrpc_server.database import Database
from llmrpc_server.database.insert import put_new, put_structs
from llmrpc_server.ledger.entries import Amount, Book, Hold, Refusal
from llmrpc_server.ledger.rows import CallRow
from llmrpc_server.ledger.sums import hours
from llmrpc_server.ledger.tables import attempts_apart, budget_periods, calls, holds, texts
from llmrpc_server.ledger.transactions import lost
from llmrpc_server.ledger.transactions.counted import counted_before, entered

_SUMS = ("spent_picos", "reserved_picos", "spent_tokens", "reserved_tokens")

_UPDATE_PERIOD = (
    budget_periods.update()
    .where(
        *(budget_periods.c[name] == bindparam(f"its_{name}") for name in ("budget", "tenant", "subject", "start_us"))
    )
    .values({name: bindparam(f"new_{name}") for name in _SUMS})
)
_DELETE_HOLD = holds.delete().where(holds.c.call_id == bindparam("its_call_id"))


def enter(
    database: Database,
    connection: Connection,
    process: str,
    books: Sequence[Book],
    opened: Sequence[Hold],
    *,
    summing: bool = False,
) -> list[Refusal | None]:
    """Enter books of calls that are over and holds of calls under way.

    Args:
        summing: Take the books into the hourly sums, too, which keeps other processes from doing so until the end; else
            they are taken in later.

    Returns:
        For each hold: None, or a budget that has no room for it. If that is a hard one, the hold is not entered.
    """
    before = counted_before(database, connection, books, opened)
    if summing:
        # After the holds, as `counted_before` may have it, and before any budget or row of a call: all take them so.
        hours.lock(database, connection)
    counting = [book for book in books if book.periods and before.is_due(book.call_id)]
    sums = _periods(connection, counting, opened)
    # With the periods locked: a transaction that was taken for lost can have entered one meanwhile.
    there = entered(connection, [book.call_id for book in counting if book.call_id not in before.counted])
    for book in counting:
        if book.call_id in there:
            continue
        _count(sums, book.periods, before.of(book.call_id), Amount(), book.spent)
    refusals = [_reserve(sums, hold, before.of(hold.book.call_id)) for hold in opened]
    if sums:
        connection.execute(_UPDATE_PERIOD, [_parameters(period, values) for period, values in sums.items()])
    granted = [
        hold for hold, refusal in zip(opened, refusals, strict=True) if refusal is None or not refusal.claim.hard
    ]
    heard_of = {book.call_id for book in books} | {hold.book.call_id for hold in granted}
    lost.remove(database, connection, [row for call_id, row in before.estimates.items() if call_id in heard_of])
    _put_holds(database, connection, process, granted)
    _put_books(database, connection, books, summing=summing)
    return refusals


def _put_books(database: Database, connection: Connection, books: Sequence[Book], *, summing: bool) -> None:
    rows = [book.call for book in books]
    if summing:
        _put_summed(database, connection, rows)
    else:
        put_structs(connection, calls, rows)
    put_structs(connection, attempts_apart, [attempt for book in books for attempt in book.attempts])
    put_new(connection, texts, [book.text for book in books if book.text is not None])
    if held := [{"its_call_id": book.call_id} for book in books if book.held]:
        connection.execute(_DELETE_HOLD, held)


def _put_summed(database: Database, connection: Connection, rows: Sequence[CallRow]) -> None:
    there = entered(connection, [row.call_id for row in rows])
    # A journal can have a book twice.
    once = {row.call_id: msgspec.structs.replace(row, summed=True) for row in rows if row.call_id not in there}
    new = list(once.values())
    # RETURNING would say it at once, but takes SQLite's driver two turns of the interpreter's lock for each row.
    if put_structs(connection, calls, new) < len(new):
        raise RuntimeError("calls were entered twice at the same moment")
    hours.add(database, connection, map(msgspec.structs.asdict, new))


def _reserve(sums: dict[Period, dict[str, int]], hold: Hold, before: Mapping[str, Any]) -> Refusal | None:
    """Count a hold's reservation, if it fits into the hard budgets; return a budget that it does not fit into."""
    over: Refusal | None = None
    for claim in sorted(hold.claims, key=lambda claim: not claim.hard):
        used, own = sums[claim.period], hold.book.spent
        spent = Amount(
            used["spent_picos"] - before["charged_picos"] + own.picos,
            used["spent_tokens"] - before["charged_tokens"] + own.tokens,
        )
        held = Amount(
            used["reserved_picos"] - before["reserved_picos"], used["reserved_tokens"] - before["reserved_tokens"]
        )
        if not _fits(claim, spent, held, hold.reserved):
            over = Refusal(claim, spent, held, hold.reserved)
            if claim.hard:
                return over
    _count(sums, hold.book.periods, before, hold.reserved, hold.book.spent)
    return over


def _fits(claim: Claim, *parts: Amount) -> bool:
    money_fits = claim.picos is None or sum(part.picos for part in parts) <= claim.picos
    return money_fits and (claim.tokens is None or sum(part.tokens for part in parts) <= claim.tokens)


def _count(
    sums: dict[Period, dict[str, int]],
    periods: Iterable[Period],
    before: Mapping[str, Any],
    reserved: Amount,
    spent: Amount,
) -> None:
    for period in periods:
        values = sums[period]
        values["spent_picos"] += spent.picos - before["charged_picos"]
        values["spent_tokens"] += spent.tokens - before["charged_tokens"]
        values["reserved_picos"] += reserved.picos - before["reserved_picos"]
        values["reserved_tokens"] += reserved.tokens - before["reserved_tokens"]


def _periods(connection: Connection, books: Sequence[Book], opened: Sequence[Hold]) -> dict[Period, dict[str, int]]:
    """Lock the periods that change, in one order for all processes, and return their sums."""
    wanted = {period for book in books for period in book.periods}
    wanted |= {period for hold in opened for period in hold.book.periods}
    if not wanted:
        return {}
    columns = (budget_periods.c.budget, budget_periods.c.tenant, budget_periods.c.subject, budget_periods.c.start_us)
    rows = [dict(zip((c.name for c in columns), _key(period), strict=True)) for period in sorted(wanted)]
    put_new(connection, budget_periods, rows)
    query = select(budget_periods).where(tuple_(*columns).in_([_key(period) for period in wanted]))
    found = connection.execute(query.order_by(*columns).with_for_update())
    return {
        Period(row["budget"], row["tenant"], row["subject"], row["start_us"]): {name: row[name] for name in _SUMS}
        for row in found.mappings()
    }


def _put_holds(database: Database, connection: Connection, process: str, opened: Sequence[Hold]) -> None:
    if not opened:
        return
    statement = database.insert(holds)
    changing = {column.name: statement.excluded[column.name] for column in holds.c if column.name != "call_id"}
    connection.execute(
        statement.on_conflict_do_update(index_elements=[holds.c.call_id], set_=changing),
        [hold_row(process, hold) for hold in opened],
    )


def hold_row(process: str, hold: Hold) -> dict[str, Any]:
    """Make the row of a hold."""
    return {
        "call_id": hold.book.call_id,
        "process": process,
        "reserved_picos": hold.reserved.picos,
        "reserved_tokens": hold.reserved.tokens,
        "charged_picos": hold.book.spent.picos,
        "charged_tokens": hold.book.spent.tokens,
        "book": hold.book.written().decode(),
    }


def _key(period: Period) -> tuple[str, str, str, int]:
    return period.budget, period.tenant, period.subject, period.start_us


def _parameters(period: Period, values: Mapping[str, int]) -> dict[str, Any]:
    names = ("budget", "tenant", "subject", "start_us")
    its = {f"its_{name}": value for name, value in zip(names, _key(period), strict=True)}
    return {**its, **{f"new_{name}": value for name, value in values.items()}}
