"""retry: attempts at one target, until one succeeds or the target is given up."""

import asyncio
import math
from contextlib import aclosing

import structlog
from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server.attempts.attempt import limits
from llmrpc_server.attempts.backoff import Backoff
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import NoTargetAvailable, Overloaded, ProviderError
from llmrpc_server.health import Board, admit
from llmrpc_server.interceptors.base import CallInterceptor, Proceed

log = structlog.get_logger()


class RetryInterceptor(CallInterceptor):
    """Asks a target again where that makes sense; how each attempt went counts for the target's health."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._attempts(call, proceed)

    async def _attempts(self, call: Call, proceed: Proceed) -> Events:
        health = self._board.of(call.target)
        health.budget.called()
        backoff: Backoff | None = None
        failure: ProviderError | None = None
        while True:
            try:
                permit = await admit(health, call, within=_time_of_one(call))
            except (Overloaded, NoTargetAvailable) as refusal:
                raise failure or refusal from refusal.__cause__
            probing = permit.probe
            try:
                with permit:
                    async with aclosing(proceed(call)) as events:
                        async for event in events:
                            if probing:
                                probing = 0
                                permit.answering()
                            if call.pace is not None:
                                permit.answered(call.pace)
                            yield event
            except ProviderError as error:
                failure = error
            else:
                return
            # What the caller has seen cannot be tried again here.
            backoff = backoff or Backoff(call.plan.route.retry)
            wait = None if call.attempt_shows else backoff.before_another(failure, call, health)
            if wait is None:
                raise failure
            log.info(
                "retry",
                call_id=call.id,
                target=call.target.name,
                reason=failure.reason_name,
                wait=round(wait, 3),
                number=len(call.attempts) + 1,
            )
            await asyncio.sleep(wait)
            if call.prefill is None:
                call.cause = accounting_pb2.ATTEMPT_CAUSE_RETRY


def _time_of_one(call: Call) -> float:
    """Return in how many seconds the next attempt has to begin to answer, where another target could be asked."""
    first = limits(call)[0] if call.targets_left else None
    return math.inf if first is None else first
