"""Keeps the book of every call under way: opens it, holds the worst case of each attempt, closes it."""

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmrpc.v1 import accounting_pb2, error_reason_pb2, message_pb2
from llmrpc_server import money
from llmrpc_server.budgets import Budgets, Claim
from llmrpc_server.call import Call
from llmrpc_server.errors import Code, Internal, StoreUnavailable
from llmrpc_server.ledger.budget_errors import exceeded, unpriced
from llmrpc_server.ledger.entries import Amount, Book, Hold, Refusal
from llmrpc_server.ledger.rows import Who, call_row
from llmrpc_server.ledger.texts import text_row
from llmrpc_server.ledger.under_way import UnderWay, Worst
from llmrpc_server.ledger.writer import Writer

_Ending = tuple[Code, error_reason_pb2.ErrorReason.ValueType]

# What stands in a book whose process may die before its call ends.
_DIED: _Ending = (Internal.code, Internal.reason)
_NOBODY = accounting_pb2.Target()
_METHODS = {True: "llmrpc.v1.CompletionService/StreamComplete", False: "llmrpc.v1.CompletionService/Complete"}


@dataclass(slots=True)
class _Open:
    """A book under way.

    Attributes:
        call: Whose it is.
        attempt: What is reserved in it now.
    """

    call: Call
    start_us: int
    who: Who
    claims: tuple[Claim, ...]
    attempt: UnderWay | None = None


class Bookkeeper:
    """Knows the calls under way by their ids.

    Args:
        refuse: Whether calls are refused while the database is down.
        text_bytes: How much is kept of each request, and of each answer, as JSON, which is not valid where it is cut;
            None: nothing.

    Attributes:
        budgets: Those that calls count against from now on.
    """

    def __init__(self, writer: Writer, budgets: Budgets, *, refuse: bool, text_bytes: int | None = None) -> None:
        self._writer = writer
        self.budgets = budgets
        self._refuse = refuse
        self._text_bytes = text_bytes
        self._open: dict[str, _Open] = {}

    def open(self, call: Call) -> None:
        """Open a call's book.

        Raises:
            StoreUnavailable: Its book could not be entered.
        """
        if self._refuse and self._writer.down:
            raise StoreUnavailable("the ledger's database does not answer", retry_after=1.0)
        request, principal = call.request, call.principal
        start_us = time.time_ns() // 1000 - int((time.monotonic() - call.started) * 1e6)
        user = principal.user or (request.user if principal.names_users else "")
        who = Who(
            principal.tenant,
            principal.user or request.user,
            principal.key,
            request.prompt.name,
            request.prompt.version,
        )
        claims = self.budgets.claims(
            tenant=principal.tenant, user=user, key=principal.key, labels=request.labels, start_us=start_us
        )
        self._open[call.id] = _Open(call, start_us, who, claims)

    def limits(self, call: Call) -> bool:
        """Tell whether a hard budget binds the call."""
        claims = self._open[call.id].claims
        return bool(claims) and any(claim.hard for claim in claims)

    def needs_price(self, call: Call) -> bool:
        """Tell whether nobody may be asked whose price is not known: money bounds the call."""
        return call.request.HasField("max_cost_picos") or _money(self._open[call.id]) is not None

    async def reserve(self, call: Call, worst: Callable[[], Worst]) -> None:
        """Hold the worst case of an attempt before it begins.

        Raises:
            BudgetExceeded: A hard budget has no room for it, or it has no price and the budget is one of money.
            StoreUnavailable: The database is down, and calls are refused then.
        """
        attempt = UnderWay(call, worst)
        refusal, keeper = None, ""
        while keeper != call.id:
            # More than once where another call began to keep the books meanwhile, with budgets of its own.
            keeper = call.id
            opened = self._open[keeper]
            if not opened.claims:
                opened.attempt = attempt
                self._writer.note(keeper, functools.partial(self._note, opened, attempt))
                return
            if attempt.worst.picos is None:
                _check_no_price_is_needed(call, opened)
            refusal = await self._hold(opened, attempt)
        if refusal is not None and refusal.claim.hard:
            opened.attempt = None
            raise exceeded(refusal, opened.call)
        if refusal is not None:
            period = refusal.claim.period
            opened.call.warn("BUDGET_EXCEEDED", f'the soft budget "{period.budget}" of {period.subject} is used up')

    async def _hold(self, opened: _Open, attempt: UnderWay) -> Refusal | None:
        book = self._as_if_dead(opened, attempt)
        refusal = await self._writer.reserve(Hold(book, attempt.reserved, opened.claims))
        opened.attempt = attempt
        return refusal

    def _note(self, opened: _Open, attempt: UnderWay) -> Hold:
        return Hold(self._as_if_dead(opened, attempt), attempt.reserved)

    def hand_over(self, left: str, call: Call) -> None:
        """Hold in a call's book what is under way in that of a call that leaves it to it, whatever its budgets say.

        Args:
            left: The id of the call that leaves; its own book gives back what it held.
            call: The call that keeps the books from now on.
        """
        before, after = self._open.get(left), self._open.get(call.id)
        if before is None or after is None:
            return
        attempt = after.attempt = before.attempt
        before.attempt = None
        if attempt is not None:
            self._writer.take_over(Hold(self._as_if_dead(after, attempt), attempt.reserved))
        elif call.attempts:
            book = _book(call, after, call.accounting(), _DIED, call.attempts)
            self._writer.take_over(Hold(book))

    def settle(self, call: Call) -> None:
        """Give back what an attempt that failed did not use, before the next one reserves."""
        opened = self._open.get(call.id)
        if opened is None:
            return
        opened.attempt = None
        if opened.claims:
            book = _book(call, opened, call.accounting(), _DIED, call.attempts)
            self._writer.note(call.id, lambda: Hold(book))

    def close(
        self,
        call: Call,
        code: Code,
        reason: error_reason_pb2.ErrorReason.ValueType,
        answer: message_pb2.Message | None = None,
    ) -> "asyncio.Future[None]":
        """Close a call's book; see `Writer.close` for the future."""
        opened = self._open.pop(call.id)
        accounting = call.accounting()
        target = _target(call, call.attempts)
        if not call.attempts:
            # Nobody saw it: that it cost nothing is known.
            accounting.cost.CopyFrom(money.cost(0))
        if code is Code.OK and target is not None:
            accounting.target.CopyFrom(target)
        call.closed = accounting
        book = _book(call, opened, accounting, (code, reason), call.attempts)
        book.call.fingerprint = call.plan.fingerprint
        if self._text_bytes is not None:
            book.write_text = functools.partial(text_row, call.id, call.plan.asked, answer, self._text_bytes)
        return self._writer.close(book)

    def _as_if_dead(self, opened: _Open, attempt: UnderWay) -> Book:
        """Make the book that holds if this process dies during the attempt that began."""
        call, lost = opened.call, attempt.lost()
        # The attempt under way may be on the books by now, with a part of its counts.
        attempts = [*call.attempts[: lost.number - 1], lost]
        book = _book(call, opened, call.accounting(attempts), _DIED, attempts)
        book.spent = _spent(call.accounting(attempts[:-1]))
        return book


def _book(
    call: Call,
    opened: _Open,
    accounting: accounting_pb2.Accounting,
    ending: _Ending,
    attempts: Sequence[accounting_pb2.Attempt],
) -> Book:
    code, reason = ending
    row = call_row(
        accounting,
        target=_target(call, attempts) or _NOBODY,
        start_us=opened.start_us,
        who=opened.who,
        labels=call.request.labels,
        method=_METHODS[call.streaming],
        code=code.value[0],
        reason=reason,
    )
    row.trace_id = call.trace_id
    return Book(row, row.with_attempts(attempts), _spent(accounting), tuple(claim.period for claim in opened.claims))


def _target(call: Call, attempts: Sequence[accounting_pb2.Attempt]) -> accounting_pb2.Target | None:
    return attempts[-1].target if attempts else call.answered_by


def _spent(accounting: accounting_pb2.Accounting) -> Amount:
    usage = accounting.usage
    return Amount(money.picos_of(accounting.cost), usage.input_tokens + usage.output_tokens)


def _money(opened: _Open) -> Claim | None:
    """Return a hard budget of money that binds the call."""
    return next((claim for claim in opened.claims if claim.hard and claim.picos is not None), None)


def _check_no_price_is_needed(call: Call, opened: _Open) -> None:
    if (claim := _money(opened)) is not None:
        raise unpriced(claim.period, call.target.name, opened.call)
