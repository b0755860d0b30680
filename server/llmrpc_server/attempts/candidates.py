"""The targets that are left for one call, in the order in which they are asked now."""

import asyncio
import math

from llmrpc_server.attempts.backoff import Backoff
from llmrpc_server.call import Call
from llmrpc_server.errors import CallError, ContentPolicy, Elsewhere, NoTargetAvailable, ProviderError
from llmrpc_server.health import Board
from llmrpc_server.plan import Target
from llmrpc_server.planning.context_windows import context_window


class Candidates:
    """Hands out a call's targets one by one.

    Raises:
        NoTargetAvailable: None may be asked now.
    """

    def __init__(self, call: Call, board: Board) -> None:
        self._call = call
        self._board = board
        self._backoff: Backoff | None = None
        targets = call.plan.targets
        self._left = board.order(targets, streaming=call.streaming, remaining=self._remaining())
        if not self._left:
            text = f'every target of "{call.plan.route.name}" is left alone after failures'
            raise NoTargetAvailable(text, retry_after=board.retry_in(targets))

    def first(self) -> Target:
        """Return the target to ask first."""
        return self._left.pop(0)

    def __len__(self) -> int:
        return len(self._left)

    async def after(self, failure: CallError) -> Target | None:
        """Return the target to ask after a failure of the call's target; None where there is none."""
        if self._call.attempts_left <= 0 or not await self._may_take(failure):
            return None
        while self._left:
            target = self._left.pop(0)
            health = self._board.of(target)
            if not health.open and health.expected(streaming=self._call.streaming) < self._remaining():
                return target
        return None

    def before_again(self, failure: CallError) -> float | None:
        """Return the seconds to wait before the same target is asked again, with nobody else left; None for in vain.

        It is for a stream that broke off: what fails before its output is for the step "retry".
        """
        if not isinstance(failure, ProviderError):
            return None
        self._backoff = self._backoff or Backoff(self._call.plan.route.retry)
        return self._backoff.wait(failure, self._call, self._board.of(self._call.target))

    async def _may_take(self, failure: CallError) -> bool:
        """Return whether others may do better than the one that failed, and drop those that cannot."""
        fallback = self._call.plan.route.fallback
        match failure.elsewhere if isinstance(failure, ProviderError) else Elsewhere.YES:
            case Elsewhere.NO:
                return False
            case Elsewhere.IF_ALLOWED:
                return fallback.content_policy if isinstance(failure, ContentPolicy) else fallback.request_too_large
            case Elsewhere.LARGER_WINDOW:
                await self._keep_larger()
        return True

    async def _keep_larger(self) -> None:
        route = self._call.plan.route
        own = await context_window(self._call.target, route)
        windows = [(target, await context_window(target, route)) for target in self._left]
        self._left = [target for target, window in windows if own and window and window > own]

    def _remaining(self) -> float:
        deadline = self._call.deadline
        return math.inf if deadline is None else deadline - asyncio.get_running_loop().time()
