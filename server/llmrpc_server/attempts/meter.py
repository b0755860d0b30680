"""What one attempt uses and costs: counted as its answer grows, priced when it ends."""

import math

from llmrpc.v1 import accounting_pb2, message_pb2
from llmrpc_server import money
from llmrpc_server.call import Call
from llmrpc_server.errors import CostLimitReached
from llmrpc_server.planning.planner import UNLIMITED_OUTPUT
from llmrpc_server.prices import Tariff
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import manner
from llmrpc_server.tokens.output_estimates import OutputEstimate, estimate_answer

_FIRST_REFUSING_STATUS = 400
# The provider said both what it read and what it wrote.
_REPORTED = accounting_pb2.USAGE_SOURCE_PROVIDER


class Meter:
    """Follows the next attempt of a call at its target.

    Args:
        tariff: The target's prices; None where they are not known.

    Attributes:
        tariff: As given.
        output: The tokens that the answer has come to, as far as it was seen.
        output_limit: How many of them the request's own cost limit pays for; infinite where it has none.
    """

    __slots__ = ("_attempts_before", "_call", "_completed", "_manner", "output", "output_limit", "tariff")

    def __init__(self, call: Call, tariff: Tariff | None) -> None:
        self._call = call
        self._manner = manner(call.target.provider.kind, call.target.model)
        self._attempts_before = len(call.attempts)
        self._completed = False
        self.tariff = tariff
        self.output = OutputEstimate(self._manner)
        self.output_limit = math.inf

    @property
    def broke_off(self) -> bool:
        """Whether the attempt began, and its answer was not completed."""
        return not self._completed and len(self._call.attempts) > self._attempts_before

    @property
    def input_tokens(self) -> int:
        """A guess of what the provider reads: a repair and a continuation read what came before, too."""
        call = self._call
        planned = not call.turns and call.prefill is None and self._manner is call.plan.manner
        return call.plan.input_tokens if planned else estimate_input(call.sent, self._manner)

    def limit_output(self, *, hard_budget: bool) -> None:
        """Have the attempt ask for no more output than money allows.

        Args:
            hard_budget: Whether one binds the call: what it asks for is reserved, so it cannot be without limit.

        Raises:
            CostLimitReached: The request's own cost limit does not pay for one token, or there is no price to go by.
        """
        call = self._call
        call.affordable_output = None
        if call.request.HasField("max_cost_picos"):
            self._hold_to_cost_limit(call)
        if hard_budget and call.max_output_tokens is None:
            call.affordable_output = UNLIMITED_OUTPUT

    def _hold_to_cost_limit(self, call: Call) -> None:
        if self.tariff is None:
            raise CostLimitReached(f"the price of {call.target.name} is not known: max_cost_picos cannot be held")
        left = call.request.max_cost_picos - money.picos_of(call.accounting().cost)
        affordable = self.tariff.affordable_output(self.input_tokens, left)
        if affordable is None:
            return
        if affordable < 1:
            raise self.limit_reached()
        self.output_limit = affordable
        # A model refuses to be asked for more than it can write: without a limit of the request's own it is a low one.
        own = call.max_output_tokens
        call.affordable_output = min(affordable, UNLIMITED_OUTPUT) if own is None else affordable

    def limit_reached(self) -> CostLimitReached:
        """Make the error of a call that has used up its own cost limit."""
        quota = ("max_cost_picos", str(self._call.request.max_cost_picos))
        return CostLimitReached("the call reached its max_cost_picos", quotas=(quota,))

    def complete(self, message: message_pb2.Message) -> None:
        """Price the attempt by its whole answer, where its provider did not say what it used."""
        self._completed = True
        attempt = self._call.attempt
        usage = attempt.usage
        if usage.source != _REPORTED:
            # The same however the answer came: a stream rounds up each of its pieces.
            self._estimate(usage, usage.output_tokens or estimate_answer(message, self._manner))
        self._price(attempt, usage)

    def break_off(self) -> None:
        """Price the attempt by what was seen of its answer, where its provider did not get to say what it used."""
        attempt = self._call.attempt
        if self._is_free(attempt):
            attempt.cost.CopyFrom(money.cost(0))
            return
        usage, seen = attempt.usage, self.output.tokens
        if seen > usage.output_tokens:
            # What the provider said was said at the start.
            self._call.billed = None
            self._estimate(usage, seen)
        elif usage.source != _REPORTED:
            self._estimate(usage, usage.output_tokens)
        self._price(attempt, usage)

    def _estimate(self, usage: accounting_pb2.Usage, output_tokens: int) -> None:
        usage.input_tokens = usage.input_tokens or self.input_tokens
        usage.output_tokens = output_tokens
        usage.source = accounting_pb2.USAGE_SOURCE_ESTIMATED

    def _price(self, attempt: accounting_pb2.Attempt, usage: accounting_pb2.Usage) -> None:
        if self.tariff is not None:
            attempt.cost.CopyFrom(self.tariff.cost(self._call.billed or usage))

    def _is_free(self, attempt: accounting_pb2.Attempt) -> bool:
        """Return whether the attempt was refused, or never arrived: vendors charge nothing for those."""
        if self.output.tokens or attempt.HasField("usage"):
            return False
        return attempt.http_status >= _FIRST_REFUSING_STATUS or not self._call.reached
