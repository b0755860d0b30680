"""fallback: the next target when one is given up, also in the middle of a stream where the caller allows it."""

from contextlib import aclosing

import structlog
from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.candidates import Candidates
from llmrpc_server.errors import CallError, Code, NoTargetAvailable, Overloaded, ProviderError
from llmrpc_server.health import Board
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.rescue import Rescue

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
        failures: list[CallError] = []
        call.target = candidates.first()
        while True:
            call.targets_left = len(candidates)
            try:
                async with aclosing(proceed(call)) as events:
                    async for event in events:
                        shown = rescue.shown(event) if rescue.follows else event
                        if shown is not None:
                            yield shown
            except (ProviderError, Overloaded, NoTargetAvailable) as error:
                failure: CallError = error
            else:
                return
            if refused := rescue.was_refused(failure):
                target = call.target if call.attempts_left > 0 else None
            else:
                failures.append(failure)
                target = await candidates.after(failure) if rescue.is_allowed else None
                if target is None and rescue.is_needed and rescue.is_allowed:
                    target = candidates.again(failure)
            if target is None:
                raise _most_actionable(failures)
            log.info("fallback", call_id=call.id, target=call.target.name, reason=failure.reason_name, to=target.name)
            for event in rescue.prepare(target, told=not refused):
                yield event
            call.target = target


def _most_actionable(failures: list[CallError]) -> CallError:
    ranks = {code: rank for rank, code in enumerate(_ACTIONABLE)}
    return min(failures, key=lambda failure: ranks.get(failure.code, len(ranks)))
