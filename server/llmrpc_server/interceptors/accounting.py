"""accounting: around each attempt, reserves its worst case, counts, prices it when it ends, settles."""

from contextlib import aclosing

from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server import money
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import CostLimitReached, ProviderConnection, ProviderInvalidRequest, Reason
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.ledger.under_way import Worst
from llmrpc_server.planning.planner import UNLIMITED_OUTPUT
from llmrpc_server.prices import PriceBook, Tariff
from llmrpc_server.tokens import estimates
from llmrpc_server.tokens.manners import manner
from llmrpc_server.tokens.output_estimates import OutputEstimate, estimate_answer

_REFUSED = 400


class AccountingInterceptor(CallInterceptor):
    """Keeps the books of attempts."""

    def __init__(self, bookkeeper: Bookkeeper, prices: PriceBook) -> None:
        self._bookkeeper = bookkeeper
        self._prices = prices

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._accounted(call, proceed)

    async def _accounted(self, call: Call, proceed: Proceed) -> Events:
        tariff = self._prices.tariff(call.target.provider.name, call.target.model)
        before, settled = len(call.attempts), False
        how = manner(call.target.provider.kind, call.target.model)
        shown = OutputEstimate(how)
        bound = self._bound(call, tariff)
        await self._reserve(call, tariff)
        try:
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    if event.HasField("completed"):
                        settled = True
                        if not _told(call.attempt.usage):
                            # The same however the answer came: a stream rounds up each of its pieces.
                            shown.tokens = estimate_answer(event.completed.message, how)
                        _price(call, tariff, shown.tokens, whole=True)
                    else:
                        shown.add(event)
                        if bound is not None and shown.tokens > bound:
                            raise _reached(call)
                    yield event
        except CostLimitReached:
            call.attempt.reason = Reason.ERROR_REASON_COST_LIMIT_REACHED
            raise
        except ProviderConnection as error:
            call.reached = call.reached and error.sent
            raise
        except ProviderInvalidRequest:
            call.reached = False
            raise
        finally:
            if not settled and len(call.attempts) > before:
                _price(call, tariff, shown.tokens, whole=False)
                self._bookkeeper.settle(call)

    def _bound(self, call: Call, tariff: Tariff | None) -> int | None:
        """Return how many tokens of output the request's own cost limit pays for; None: it has no limit.

        Raises:
            CostLimitReached: It does not pay for one, or there is no price to tell by.
        """
        call.affordable_output = None
        if not call.request.HasField("max_cost_picos"):
            return None
        if tariff is None:
            raise CostLimitReached(f"the price of {call.target.name} is not known: max_cost_picos cannot be held")
        left = call.request.max_cost_picos - money.picos_of(call.accounting().cost)
        affordable = tariff.affordable_output(_input_tokens(call), left)
        if affordable is not None and affordable < 1:
            raise _reached(call)
        if affordable is not None:
            # A model refuses a limit beyond its own: what is asked of one that the request has no limit for is little.
            own = call.max_output_tokens
            call.affordable_output = min(affordable, UNLIMITED_OUTPUT) if own is None else affordable
        return affordable

    async def _reserve(self, call: Call, tariff: Tariff | None) -> None:
        bounded = self._bookkeeper.limits(call)
        if bounded and call.max_output_tokens is None:
            call.affordable_output = UNLIMITED_OUTPUT
        await self._bookkeeper.reserve(call, lambda: _worst(call, tariff, bounded=bounded))


def _input_tokens(call: Call) -> int:
    """Guess what the next attempt makes its provider read: a repair and a continuation read what came before, too."""
    how = manner(call.target.provider.kind, call.target.model)
    planned = not call.turns and call.prefill is None and how is call.plan.manner
    return call.plan.input_tokens if planned else estimates.estimate_input(call.sent, how)


def _worst(call: Call, tariff: Tariff | None, *, bounded: bool) -> Worst:
    """Tell the most that the next attempt can use; its input is guessed where no hard budget depends on it."""
    if bounded:
        options = call.request.provider_options_json.get(call.target.provider.name, "")
        input_tokens = estimates.most_input(call.sent, options)
    else:
        input_tokens = _input_tokens(call)
    output_tokens = call.max_output_tokens or UNLIMITED_OUTPUT
    picos = None if tariff is None else tariff.worst_case(input_tokens, output_tokens)
    return Worst(picos, input_tokens, output_tokens)


def _price(call: Call, tariff: Tariff | None, output: int, *, whole: bool) -> None:
    """Complete an attempt's counts, where its provider did not get to say them, and price it."""
    attempt = call.attempt
    if not whole and _cost_nothing(call, output):
        attempt.cost.CopyFrom(money.cost(0))
        return
    usage = attempt.usage
    # It told its counts at the start.
    broken_off = not whole and output > usage.output_tokens
    if broken_off:
        call.billed = None
    if broken_off or not _told(usage):
        usage.input_tokens = usage.input_tokens or _input_tokens(call)
        usage.output_tokens = output if broken_off else usage.output_tokens or output
        usage.source = accounting_pb2.USAGE_SOURCE_ESTIMATED
    if tariff is not None:
        attempt.cost.CopyFrom(tariff.cost(call.billed or usage))


def _told(usage: accounting_pb2.Usage) -> bool:
    """Tell whether the provider said both what it read and what it wrote."""
    return usage.source == accounting_pb2.USAGE_SOURCE_PROVIDER


def _cost_nothing(call: Call, output: int) -> bool:
    """Tell whether a failed attempt was refused, or never arrived: vendors charge nothing for those."""
    attempt = call.attempt
    if output or attempt.HasField("usage"):
        return False
    return attempt.http_status >= _REFUSED or not call.reached


def _reached(call: Call) -> CostLimitReached:
    return CostLimitReached(
        "the call reached its max_cost_picos", quotas=(("max_cost_picos", str(call.request.max_cost_picos)),)
    )
