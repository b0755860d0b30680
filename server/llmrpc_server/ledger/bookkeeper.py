"""Keeps the book of every call under way: opens it, holds the worst case of each attempt, closes it."""

import asyncio
import functools
import time
from collections.abc import Callable

from llmrpc.v1 import error_reason_pb2, message_pb2
from llmrpc_server import money
from llmrpc_server.budgets import Budgets
from llmrpc_server.call import Call
from llmrpc_server.errors import Code
from llmrpc_server.ledger.budget_errors import exceeded, unpriced
from llmrpc_server.ledger.entries import Hold
from llmrpc_server.ledger.open_book import OpenBook
from llmrpc_server.ledger.rows import Who
from llmrpc_server.ledger.texts import text_row
from llmrpc_server.ledger.under_way import UnderWay, Worst
from llmrpc_server.ledger.writer import Writer


class Bookkeeper:
    """Knows the calls under way by their ids.

    Args:
        text_bytes: How much is kept of each request, and of each answer, as JSON, which is not valid where it is cut;
            None: nothing.

    Attributes:
        budgets: Those that calls count against from now on.
    """

    def __init__(self, writer: Writer, budgets: Budgets, *, text_bytes: int | None = None) -> None:
        self._writer = writer
        self.budgets = budgets
        self._text_bytes = text_bytes
        self._open: dict[str, OpenBook] = {}

    def open(self, call: Call) -> None:
        """Open a call's book.

        Raises:
            StoreUnavailable: Its book could not be entered.
        """
        self._writer.check()
        request, principal = call.request, call.principal
        start_us = time.time_ns() // 1000 - int((time.monotonic() - call.started) * 1e6)
        who = Who(
            principal.tenant,
            principal.user or request.user,
            principal.key,
            request.prompt.name,
            request.prompt.version,
        )
        claims = self.budgets.claims(
            tenant=principal.tenant, user=call.bound_user, key=principal.key, labels=request.labels, start_us=start_us
        )
        self._open[call.id] = OpenBook(call, start_us, who, claims)

    def has_hard_budget(self, call: Call) -> bool:
        """Return whether one binds the call."""
        claims = self._open[call.id].claims
        return bool(claims) and any(claim.hard for claim in claims)

    def needs_price(self, call: Call) -> bool:
        """Return whether money bounds the call, so that no target whose price is not known may be asked."""
        return call.request.HasField("max_cost_picos") or self._open[call.id].money_limit is not None

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
                self._writer.note(keeper, functools.partial(_hold_of, opened, attempt))
                return
            if attempt.worst.picos is None and (limit := opened.money_limit) is not None:
                raise unpriced(limit.period, call.target.name, opened.call)
            refusal = await self._writer.reserve(Hold(opened.during(attempt), attempt.reserved, opened.claims))
            opened.attempt = attempt
        if refusal is not None and refusal.claim.hard:
            opened.attempt = None
            raise exceeded(refusal, opened.call)
        if refusal is not None:
            period = refusal.claim.period
            opened.call.warn("BUDGET_EXCEEDED", f'the soft budget "{period.budget}" of {period.subject} is used up')

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
            self._writer.take_over(_hold_of(after, attempt))
        elif call.attempts:
            self._writer.take_over(Hold(after.between_attempts()))

    def settle(self, call: Call) -> None:
        """Give back what an attempt that failed did not use, before the next one reserves."""
        opened = self._open.get(call.id)
        if opened is None:
            return
        opened.attempt = None
        if opened.claims:
            book = opened.between_attempts()
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
        if not call.attempts:
            # No provider saw it: that it cost nothing is known.
            accounting.cost.CopyFrom(money.cost(0))
        if code is Code.OK and (target := opened.target) is not None:
            accounting.target.CopyFrom(target)
        call.closed = accounting
        book = opened.closed(accounting, code, reason)
        book.call.fingerprint = call.plan.fingerprint
        if self._text_bytes is not None:
            book.write_text = functools.partial(text_row, call.id, call.plan.asked, answer, self._text_bytes)
        return self._writer.close(book)


def _hold_of(opened: OpenBook, attempt: UnderWay) -> Hold:
    return Hold(opened.during(attempt), attempt.reserved)
