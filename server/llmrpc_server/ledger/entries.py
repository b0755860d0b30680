"""What a call tells the ledger while it runs: what it may spend, what it spent, and that it is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from llmrpc_server.budgets import Claim, Period
from llmrpc_server.ledger.rows import NO_ATTEMPT, Row

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Amount:
    """Money and tokens."""

    picos: int = 0
    tokens: int = 0


@dataclass(slots=True)
class Book:
    """A call's rows.

    Attributes:
        attempts: Of calls that made several.
        spent: What it counts as on the budgets; known prices alone.
        held: Whether there can be a hold of its call.
        write_text: Makes the row of its texts; None where they are not kept, or once it is made.
        text: The row of its texts.
    """

    call: Row
    attempts: list[Row]
    spent: Amount = Amount()
    periods: tuple[Period, ...] = ()
    held: bool = True
    write_text: Callable[[], Row] | None = None
    text: Row | None = None

    @property
    def call_id(self) -> str:
        """The call's id."""
        return str(self.call["call_id"])

    def make_text(self) -> None:
        """Make the row of its texts, once; the log tells of those that cannot be made, and the book goes without."""
        write, self.write_text = self.write_text, None
        if write is None:
            return
        try:
            self.text = write()
        except Exception as error:  # noqa: BLE001 - whatever it is: a book counts more than its texts
            # A traceback could hold them.
            log.error("a call's texts cannot be kept", call_id=self.call_id, error=type(error).__name__)  # noqa: TRY400

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, for JSON; without its texts, which are for no log."""
        return {
            "call": self.call,
            "attempts": self.attempts,
            "spent": [self.spent.picos, self.spent.tokens],
            "periods": [[period.budget, period.tenant, period.subject, period.start_us] for period in self.periods],
        }

    def whole(self) -> dict[str, Any]:
        """Return it as plain data with its texts, where they are made, for the disk."""
        return self.plain() if self.text is None else {**self.plain(), "text": self.text}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "Book":
        """Read it back."""
        return cls(
            # One that was written before there were such columns has rows for all of its attempts.
            {**NO_ATTEMPT, **plain["call"]},
            plain["attempts"],
            Amount(*plain["spent"]),
            tuple(Period(*period) for period in plain["periods"]),
            text=plain.get("text"),
        )


@dataclass(slots=True)
class Hold:
    """A call under way.

    Attributes:
        reserved: The worst case of the attempt under way.
        book: The book as it would be if the process died now.
        claims: What it must fit into, where it reserves.
        again: Whether there was a hold of its call before.
    """

    book: Book
    reserved: Amount = Amount()
    claims: tuple[Claim, ...] = field(default=())
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A budget that has no room for a reservation, and its state at that moment.

    Attributes:
        spent: What is spent of it, with what the call's earlier attempts cost.
        held: What is held for other calls under way.
        needed: The worst case of the attempt.
    """

    claim: Claim
    spent: Amount
    held: Amount
    needed: Amount
