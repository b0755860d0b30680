"""fallback: the next target when one is given up, also in the middle of a stream where the caller allows it."""

import asyncio
from contextlib import aclosing

import structlog
from typing_extensions import override

from llmrpc_server.attempts.candidates import Candidates
from llmrpc_server.attempts.rescue import Rescue
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import CallError, Code, NoTargetAvailable, Overloaded, ProviderError
from llmrpc_server.health import Board
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.plan import Target

log = structlog.get_logger()

# Of several failures the caller hears the one with which most can be done.
_ACTIONABLE = (Code.INVALID_ARGUMENT, Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE, Code.ABORTED, Code.NOT_FOUND)


class FallbackInterceptor(CallInterceptor):
    """Asks the targets of a call in turn, the healthy ones first."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._targets(call, proceed)

    async def _targets(self, call: Call, proceed: Proceed) -> Events:
        candidates, rescue = Candidates(call, self._board), Rescue(call)
        follows, failures = rescue.follows, list[CallError]()
        call.target = candidates.first()
        while True:
            call.targets_left = len(candidates)
            try:
                async with aclosing(proceed(call)) as events:
                    async for event in events:
                        if not follows:
                            yield event
                        elif (shown := rescue.shown(event)) is not None:
                            yield shown
            except (ProviderError, Overloaded, NoTargetAvailable) as error:
                failure: CallError = error
            else:
                return
            if not (refused := rescue.was_refused(failure)):
                failures.append(failure)
            following = await _following(failure, call, candidates, rescue, refused=refused)
            if following is None:
                raise _most_actionable(failures)
            target, wait = following
            log.info("fallback", call_id=call.id, target=call.target.name, reason=failure.reason_name, to=target.name)
            for event in rescue.prepare(target, wait=wait, reported=not refused):
                yield event
            await asyncio.sleep(wait)
            call.target = target


async def _following(
    failure: CallError, call: Call, candidates: Candidates, rescue: Rescue, *, refused: bool
) -> tuple[Target, float] | None:
    """Return who is asked after a failure, and after how many seconds; None for nobody."""
    if refused:
        return (call.target, 0.0) if call.attempts_left > 0 else None
    if not rescue.is_allowed:
        return None
    if (target := await candidates.after(failure)) is not None:
        return target, 0.0
    wait = candidates.before_again(failure) if rescue.is_needed else None
    return None if wait is None else (call.target, wait)


def _most_actionable(failures: list[CallError]) -> CallError:
    ranks = {code: rank for rank, code in enumerate(_ACTIONABLE)}
    return min(failures, key=lambda failure: ranks.get(failure.code, len(ranks)))
