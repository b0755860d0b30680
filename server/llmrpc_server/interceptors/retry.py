"""retry: attempts at one target, until one succeeds or the target is given up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import structlog
from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server.attempts.backoff import Backoff
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import NoTargetAvailable, Overloaded, ProviderError
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
        backoff: Backoff | None = None
        failure: ProviderError | None = None
        while True:
            try:
                async with _admitted(call, health) as permit, aclosing(proceed(call)) as events:
                    async for event in events:
                        if permit.probe:
                            health.answering(permit)
                        if call.pace is not None:
                            _tell(health, permit, call)
                        yield event
            except (Overloaded, NoTargetAvailable) as refusal:
                raise failure or refusal from refusal.__cause__
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


@asynccontextmanager
async def _admitted(call: Call, health: TargetHealth) -> AsyncIterator[Permit]:
    """Make one attempt in the block, and tell how it ends.

    Raises:
        Overloaded: Too many are at the target; others are asked before anybody waits.
        NoTargetAvailable: The target is left alone.
    """
    if health.gate is not None:
        await health.gate.enter(wait=not call.targets_left)
    try:
        if health.open:
            text = f"{call.target.name} is left alone after failures"
            raise NoTargetAvailable(text, retry_after=health.retry_in)
        permit, began = health.enter(), time.monotonic()
        try:
            yield permit
        except ProviderError as error:
            health.failed(permit, error)
            raise
        finally:
            health.abandoned(permit, silent=0.0 if call.attempt_shows else time.monotonic() - began)
    finally:
        if health.gate is not None:
            health.gate.leave()


def _tell(health: TargetHealth, permit: Permit, call: Call) -> None:
    """Tell how fast the attempt answered; whoever gets its last event may not ask for another."""
    if call.pace is not None:
        tokens = call.attempt.usage.output_tokens
        health.answered(permit, streaming=call.streaming, first=call.pace.first, whole=call.pace.whole, tokens=tokens)
