"""A provider's keys: requests take them in turn, and one that was refused rests while others can be taken."""

import time
from collections.abc import Callable, Mapping, Sequence

from llmrpc_server import errors
from llmrpc_server.errors import ProviderError

# Until a person has mended it.
_ACCOUNT_SECONDS = 300.0
# Where a provider limits the rate and does not say for how long.
_RATE_SECONDS = 1.0

_ACCOUNT = errors.ProviderCredentials, errors.ProviderQuotaExhausted


class Keys:
    """The headers that each key is sent in.

    Args:
        headers: One set a key.
        clock: The time in seconds, monotonic.
    """

    def __init__(self, headers: Sequence[Mapping[str, str]], clock: Callable[[], float] = time.monotonic) -> None:
        self._headers = headers
        self._clock = clock
        self._resting_until = [0.0] * len(headers)
        self._next = 0

    def take(self) -> int:
        """Return the number of the key to use; where all rest, the one that may be used soonest."""
        if len(self._headers) == 1:
            return 0
        turns = [(self._next + step) % len(self._headers) for step in range(len(self._headers))]
        now = self._clock()
        chosen = min(turns, key=lambda number: max(self._resting_until[number] - now, 0.0))
        self._next = (chosen + 1) % len(self._headers)
        return chosen

    def headers(self, number: int) -> Mapping[str, str]:
        """Return what a request with that key says of us."""
        return self._headers[number]

    def refused(self, number: int, error: ProviderError) -> None:
        """Let a key rest after an error that speaks against it, and note on the error whether another can be taken."""
        if isinstance(error, errors.ProviderRateLimited):
            rest = _RATE_SECONDS if error.retry_after is None else error.retry_after
        elif isinstance(error, _ACCOUNT):
            rest = _ACCOUNT_SECONDS
        else:
            return
        now = self._clock()
        self._resting_until[number] = now + rest
        others = (until for other, until in enumerate(self._resting_until) if other != number)
        error.other_key = any(until <= now for until in others)
