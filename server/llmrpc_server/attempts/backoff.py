"""How long to wait before the same target is asked again, if it is."""

import asyncio

import tenacity

from llmrpc_server.call import Call
from llmrpc_server.config import RetrySettings
from llmrpc_server.errors import ProviderError
from llmrpc_server.health import TargetHealth

# A provider's Retry-After is waited for where another target could be asked, but no longer than this.
_SHORT_SECONDS = 5.0


class Backoff:
    """The retries at one target in one call.

    Args:
        settings: The route's.
    """

    def __init__(self, settings: RetrySettings) -> None:
        self._settings = settings
        self._retries = 0

    def before_another(self, error: ProviderError, call: Call, health: TargetHealth) -> float | None:
        """Return the seconds to wait before the same target is asked again; None to give it up.

        The other targets of the call keep an attempt each.
        """
        if error.other_key and call.attempts_left > 0:
            return 0.0
        if call.attempts_left <= call.targets_left or self._goes_elsewhere(error, call):
            return None
        return self.wait(error, call, health)

    def wait(self, error: ProviderError, call: Call, health: TargetHealth) -> float | None:
        """Return the same with no thought of other targets."""
        if self._retries >= error.retries or call.attempts_left <= 0:
            return None
        self._retries += 1
        wait = self._jittered() if error.retry_after is None else error.retry_after
        return wait if _fits(wait, call, health) and health.budget.take() else None

    def _goes_elsewhere(self, error: ProviderError, call: Call) -> bool:
        if not call.targets_left:
            return False
        return error.yields if error.retry_after is None else error.retry_after > _SHORT_SECONDS

    def _jittered(self) -> float:
        wait = tenacity.wait_random_exponential(
            multiplier=self._settings.initial_backoff.total_seconds(),
            exp_base=self._settings.backoff_multiplier,
            max=self._settings.max_backoff.total_seconds(),
        )
        state = tenacity.RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
        state.attempt_number = self._retries
        return wait(state)


def _fits(wait: float, call: Call, health: TargetHealth) -> bool:
    """Return whether an attempt after the wait would be let through, and could still answer in time."""
    if health.open and health.retry_in > wait:
        return False
    if call.deadline is None:
        return True
    remaining = call.deadline - asyncio.get_running_loop().time()
    return wait + health.expected(streaming=call.streaming) < remaining
