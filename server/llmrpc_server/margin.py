"""How much earlier than its caller's deadline a call ends, so that the status with its details arrives in time."""

import math

LEAST_SECONDS = 0.05
# More than that is a stall that will not be there the next time.
_MOST_LATE_SECONDS = 0.5
_SHARE_OF_THE_TIME = 0.1
# Of the lateness that is expected, the newest has this share where it is less.
_NEWEST = 0.1


class Margin:
    """Learns how late this server's calls end: where the host wakes it slowly, 50 ms are soon gone."""

    def __init__(self) -> None:
        self._late = 0.0

    def of(self, remaining: float) -> float:
        """Return the margin of a call that has so much time left.

        Args:
            remaining: Until the caller's deadline. Seconds, as all times here.
        """
        return LEAST_SECONDS + _rounded(remaining) + min(self._late, remaining * _SHARE_OF_THE_TIME)

    def ended(self, late: float) -> None:
        """Note how long after its time, which is the deadline less the margin, a call ended; 0 teaches nothing."""
        if late <= 0:
            return
        late = min(late, _MOST_LATE_SECONDS)
        self._late = max(late, self._late + _NEWEST * (late - self._late))


def _rounded(remaining: float) -> float:
    """Return how much less time the caller can have had than its header said.

    gRPC's core writes timeouts from one second on with three digits, rounded up: 12.31 s as 12.4 s, 101.2 s as 102 s.
    """
    return 0.0 if remaining < 1 else 10.0 ** (math.floor(math.log10(remaining)) - 2)
