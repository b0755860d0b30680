"""What a call enters in the ledger while it runs: what it may spend, what it spent, and that it is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import structlog

from llmrpc_server.budgets import Claim, Period
from llmrpc_server.ledger.rows import AttemptRow, CallRow

log = structlog.get_logger()

TextRow: TypeAlias = dict[str, Any]


class _Written(msgspec.Struct, omit_defaults=True):
    """A book as it stands on the disk and in a hold."""

    call: CallRow
    attempts: list[AttemptRow]
    spent: tuple[int, int]
    periods: list[tuple[str, str, str, int]]
    text: TextRow | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Written).decode


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

    call: CallRow
    attempts: list[AttemptRow]
    spent: Amount = Amount()
    periods: tuple[Period, ...] = ()
    held: bool = True
    write_text: Callable[[], TextRow] | None = None
    text: TextRow | None = None

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.call.call_id

    def make_text(self) -> None:
        """Make the row of its texts, once; those that cannot be made are logged, and the book goes without."""
        write, self.write_text = self.write_text, None
        if write is None:
            return
        try:
            self.text = write()
        except Exception as error:  # noqa: BLE001 - whatever it is: a book counts more than its texts
            # A traceback could hold them.
            log.error("a call's texts cannot be kept", call_id=self.call_id, error=type(error).__name__)  # noqa: TRY400

    def written(self, *, with_text: bool = False) -> bytes:
        """Write it as JSON on one line; its texts, where they are made, are for the disk alone."""
        spent = self.spent.picos, self.spent.tokens
        periods = [(period.budget, period.tenant, period.subject, period.start_us) for period in self.periods]
        return _encode(_Written(self.call, self.attempts, spent, periods, self.text if with_text else None))

    def shown(self) -> str:
        """Write it for the log, without its texts; unlike JSON, whatever is in it."""
        return repr((self.call, self.attempts, self.spent, self.periods))

    @classmethod
    def read(cls, written: bytes | str) -> "Book":
        """Read it back.

        Raises:
            msgspec.MsgspecError: It is no book.
        """
        book = _decode(written)
        periods = tuple(Period(*period) for period in book.periods)
        return cls(book.call, book.attempts, Amount(*book.spent), periods, text=book.text)


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
