"""The book of a call under way, as it stands at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmrpc.v1 import accounting_pb2, error_reason_pb2
from llmrpc_server import money
from llmrpc_server.budgets import Claim
from llmrpc_server.call import Call
from llmrpc_server.errors import Code, Internal
from llmrpc_server.ledger.entries import Amount, Book
from llmrpc_server.ledger.rows import Who, call_row
from llmrpc_server.ledger.under_way import UnderWay

_NOBODY = accounting_pb2.Target()
_METHODS = {True: "llmrpc.v1.CompletionService/StreamComplete", False: "llmrpc.v1.CompletionService/Complete"}


@dataclass(slots=True)
class OpenBook:
    """A book that is kept.

    Attributes:
        call: The one that it is about.
        claims: The budgets that it counts against, and what each allows.
        attempt: What is reserved in it now.
    """

    call: Call
    start_us: int
    who: Who
    claims: tuple[Claim, ...]
    attempt: UnderWay | None = None

    @property
    def money_limit(self) -> Claim | None:
        """A hard budget of money that binds the call."""
        for claim in self.claims:
            if claim.hard and claim.picos is not None:
                return claim
        return None

    @property
    def target(self) -> accounting_pb2.Target | None:
        """Who answered, or was asked last; None where nobody was."""
        return self._target(self.call.attempts)

    def closed(
        self, accounting: accounting_pb2.Accounting, code: Code, reason: error_reason_pb2.ErrorReason.ValueType
    ) -> Book:
        """Make the book that is entered once the call is over."""
        return self._book(accounting, self.call.attempts, code, reason)

    def between_attempts(self) -> Book:
        """Make the book that holds if this process dies while no attempt is under way."""
        return self._book(self.call.accounting(), self.call.attempts)

    def during(self, attempt: UnderWay) -> Book:
        """Make the book that holds if this process dies during an attempt."""
        call, lost = self.call, attempt.lost()
        # The attempt under way may be on the books by now, with a part of its counts.
        attempts = [*call.attempts[: lost.number - 1], lost]
        book = self._book(call.accounting(attempts), attempts)
        book.spent = _spent(call.accounting(attempts[:-1]))
        return book

    def _book(
        self,
        accounting: accounting_pb2.Accounting,
        attempts: Sequence[accounting_pb2.Attempt],
        code: Code = Internal.code,
        reason: error_reason_pb2.ErrorReason.ValueType = Internal.reason,
    ) -> Book:
        """Make a book; without an ending that of a process that dies before its call ends."""
        row = call_row(
            accounting,
            target=self._target(attempts) or _NOBODY,
            start_us=self.start_us,
            who=self.who,
            labels=self.call.request.labels,
            method=_METHODS[self.call.streaming],
            code=code.value[0],
            reason=reason,
        )
        row.trace_id = self.call.trace_id
        periods = tuple(claim.period for claim in self.claims)
        return Book(row, row.with_attempts(attempts), _spent(accounting), periods)

    def _target(self, attempts: Sequence[accounting_pb2.Attempt]) -> accounting_pb2.Target | None:
        return attempts[-1].target if attempts else self.call.answered_by


def _spent(accounting: accounting_pb2.Accounting) -> Amount:
    usage = accounting.usage
    return Amount(money.picos_of(accounting.cost), usage.input_tokens + usage.output_tokens)
