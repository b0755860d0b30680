"""How often a target may be asked again: a share of how often it is asked, so that an outage is not multiplied."""

from collections.abc import Callable

# Each call earns a tenth of a retry, and time one a second, so that little traffic has some as well.
_A_CALL = 0.1
_A_SECOND = 1.0
_MOST = 10.0


class RetryBudget:
    """A bucket of tokens, full at first; a retry takes one.

    Args:
        clock: The time in seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tokens = _MOST
        self._filled = clock()

    def called(self) -> None:
        """Earn a share for a call's first attempt."""
        if self._tokens < _MOST:
            self._tokens = min(self._tokens + _A_CALL, _MOST)

    def take(self) -> bool:
        """Take a retry; return whether there was one."""
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled) * _A_SECOND, _MOST)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
