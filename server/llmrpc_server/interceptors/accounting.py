"""accounting: around each attempt, reserves its worst case, counts, prices it when it ends, settles."""

from contextlib import aclosing

from typing_extensions import override

from llmrpc_server.attempts.meter import Meter
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import CostLimitReached, ProviderConnection, ProviderInvalidRequest, Reason
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.ledger.under_way import Worst
from llmrpc_server.planning.planner import UNLIMITED_OUTPUT
from llmrpc_server.prices import PriceBook
from llmrpc_server.tokens.estimates import most_input


class AccountingInterceptor(CallInterceptor):
    """Keeps the books of attempts."""

    def __init__(self, bookkeeper: Bookkeeper, prices: PriceBook) -> None:
        self._bookkeeper = bookkeeper
        self._prices = prices

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._accounted(call, proceed)

    async def _accounted(self, call: Call, proceed: Proceed) -> Events:
        meter = Meter(call, self._prices.tariff(call.target.provider.name, call.target.model))
        hard_budget = self._bookkeeper.has_hard_budget(call)
        meter.limit_output(hard_budget=hard_budget)
        output, output_limit = meter.output, meter.output_limit
        await self._bookkeeper.reserve(call, lambda: _worst(call, meter, hard_budget=hard_budget))
        try:
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    if event.HasField("completed"):
                        meter.complete(event.completed.message)
                    else:
                        output.add(event)
                        if output.tokens > output_limit:
                            raise meter.limit_reached()
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
            if meter.broke_off:
                meter.break_off()
                self._bookkeeper.settle(call)


def _worst(call: Call, meter: Meter, *, hard_budget: bool) -> Worst:
    """Return the most that the next attempt can use; its input is guessed where no hard budget depends on it."""
    if hard_budget:
        options = call.request.provider_options_json.get(call.target.provider.name, "")
        input_tokens = most_input(call.sent, options)
    else:
        input_tokens = meter.input_tokens
    output_tokens = call.max_output_tokens or UNLIMITED_OUTPUT
    picos = None if meter.tariff is None else meter.tariff.worst_case(input_tokens, output_tokens)
    return Worst(picos, input_tokens, output_tokens)
