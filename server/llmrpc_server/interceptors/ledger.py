"""ledger: one book a call, however it ends; that of an answer is entered before the answer is reported done."""

import asyncio
import dataclasses
from contextlib import aclosing

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.departure import Departure
from llmrpc_server.errors import CallError, Code, DeadlineExceeded, Internal, Reason, ShuttingDown
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.lateness import passed
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.prices import PriceBook

_NO_REASON = Reason.ERROR_REASON_UNSPECIFIED


class LedgerInterceptor(CallInterceptor):
    """Opens and closes the books."""

    def __init__(self, bookkeeper: Bookkeeper, prices: PriceBook, departure: Departure) -> None:
        self._bookkeeper = bookkeeper
        self._prices = prices
        self._departure = departure

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        self._bookkeeper.open(call)
        if self._bookkeeper.needs_price(call):
            self._leave_out_unpriced(call)
        return self._booked(call, proceed)

    def _leave_out_unpriced(self, call: Call) -> None:
        """Plan without the targets that would be refused for want of a price, unless no other is left.

        Here, where the call's budgets are known, and before anybody counts on them: the cache goes by who is first, an
        attempt's share of the time by how many follow.
        """
        targets = call.plan.targets
        priced = tuple(target for target in targets if self._prices.tariff(target.provider.name, target.model))
        if priced and len(priced) < len(targets):
            call.plan = dataclasses.replace(call.plan, targets=priced)

    async def _booked(self, call: Call, proceed: Proceed) -> Events:
        closed = False
        try:
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    if event.HasField("completed"):
                        closed = True
                        answer = event.completed.message
                        await self._bookkeeper.close(call, Code.OK, _NO_REASON, answer)
                    yield event
        except CallError as error:
            if not closed:
                closed = True
                call.failure = error
                await self._bookkeeper.close(call, error.code, error.reason)
                call.failure = None
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if not closed:
                self._close_late(call)
            raise
        except Exception:
            if not closed:
                await self._bookkeeper.close(call, Internal.code, Internal.reason)
            raise

    def _close_late(self, call: Call) -> None:
        """Close the book of a call whose time is up, or whose caller or server goes; it is entered a moment later.

        Nothing waits for it: the edge's margin is for the status to arrive.
        """
        if passed(call.deadline):
            self._bookkeeper.close(call, DeadlineExceeded.code, DeadlineExceeded.reason)
        elif self._departure.come:
            self._bookkeeper.close(call, ShuttingDown.code, ShuttingDown.reason)
        else:
            self._bookkeeper.close(call, Code.CANCELLED, Reason.ERROR_REASON_CANCELLED)
