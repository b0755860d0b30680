"""An attempt under way, as it stands on the books in case that nobody hears of its end."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from llmrpc.v1 import accounting_pb2
from llmrpc_server import money
from llmrpc_server.call import Call
from llmrpc_server.errors import Internal
from llmrpc_server.ledger.entries import Amount

_ESTIMATED = accounting_pb2.USAGE_SOURCE_ESTIMATED


class Worst(NamedTuple):
    """The most that an attempt can use.

    Attributes:
        picos: What that costs; None where a price is not known.
    """

    picos: int | None
    input_tokens: int
    output_tokens: int


class UnderWay:
    """The attempt that a call is about to make.

    Args:
        worst: Works out its worst case, when it is needed: most attempts end before.
    """

    def __init__(self, call: Call, worst: Callable[[], Worst]) -> None:
        self._number, self._cause, self._target = len(call.attempts) + 1, call.cause, call.target
        self._start_us = time.time_ns() // 1000
        self._ask = worst

    @cached_property
    def worst(self) -> Worst:
        """Its worst case."""
        return self._ask()

    @property
    def reserved(self) -> Amount:
        """What is to be held for it."""
        return Amount(self.worst.picos or 0, self.worst.input_tokens + self.worst.output_tokens)

    def lost(self) -> accounting_pb2.Attempt:
        """Make the record that it has if nobody hears of its end."""
        picos, input_tokens, output_tokens = self.worst
        usage = accounting_pb2.Usage(input_tokens=input_tokens, output_tokens=output_tokens, source=_ESTIMATED)
        record = accounting_pb2.Attempt(
            number=self._number, cause=self._cause, target=self._target.message(), reason=Internal.reason, usage=usage
        )
        record.start_time.FromMicroseconds(self._start_us)
        if picos is not None:
            record.cost.CopyFrom(money.cost(picos))
        return record
