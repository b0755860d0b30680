"""retry: attempts at one target, until one succeeds or the target is given up."""

import asyncio
from contextlib import aclosing

import structlog
from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server.backoff import Backoff
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import NoTargetAvailable, ProviderError
from llmrpc_server.health import Board, Permit, TargetHealth
from llmrpc_server.interceptors.base import CallInterceptor, Proceed

log = structlog.get_logger()


class RetryInterceptor(CallInterceptor):
    """Asks a target again where that makes sense, and tells the board how the target does."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._attempts(call, proceed)

    async def _attempts(self, call: Call, proceed: Proceed) -> Events:
        health = self._board.of(call.target)
        health.budget.called()
        backoff = Backoff(call.plan.route.retry)
        while True:
            async with health.gate:
                if health.open:
                    raise NoTargetAvailable(
                        f"{call.target.name} is left alone after failures", retry_after=health.retry_in
                    )
                permit = health.enter()
                try:
                    async with aclosing(proceed(call)) as events:
                        async for event in events:
                            if permit.probe:
                                health.answering(permit)
                            if event.HasField("completed"):
                                _tell(health, permit, call)
                            yield event
                except ProviderError as error:
                    health.failed(permit, error)
                    failure = error
                else:
                    return
                finally:
                    health.abandoned(permit)
            wait = backoff.after(failure, call, health)
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
            if health.open:
                raise failure
            call.cause = accounting_pb2.ATTEMPT_CAUSE_RETRY


def _tell(health: TargetHealth, permit: Permit, call: Call) -> None:
    """Tell how fast the attempt answered; whoever gets its last event may not ask for another."""
    if call.pace is not None:
        tokens = call.attempt.usage.output_tokens
        health.answered(permit, streaming=call.streaming, first=call.pace.first, whole=call.pace.whole, tokens=tokens)
