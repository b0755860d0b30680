"""How fast a target answers, as a score that forgets: slow against its own past, not against others."""

import math

# Of a new value that is slower, and of one that is faster: what has recovered should be seen soon.
_SLOWER, _FASTER = 0.3, 0.5
# What is usual moves slowly, so that a slow hour does not become the usual.
_USUAL = 0.02
# However long one answer takes, it counts as this many times the recent ones at most.
_MOST = math.log(20)
_FIRST_FEW = 5
# How many times slower than usual a target is degraded, and down to which it stays so.
_DEGRADED, _RECOVERED = math.log(3), math.log(2)
# Nobody waits for less: seconds by which an answer is late.
_NOTICEABLE = 0.05


class Latency:
    """One quantity of one target, for example its time to the first token, as decaying geometric means.

    On a logarithmic scale one answer that takes a hundred times as long is no trend yet; three of ten times are.

    Attributes:
        degraded: It is much slower than usual.
        seconds: The recent mean of a unit; 0 before the first.
    """

    __slots__ = ("_count", "_recent", "_usual", "degraded", "seconds")

    def __init__(self) -> None:
        self._count = 0
        self._recent = self._usual = 0.0
        self.degraded = False
        self.seconds = 0.0

    def observe(self, seconds: float, units: float = 1.0) -> None:
        """Take in how long something took.

        Args:
            seconds: All of it.
            units: Of how many, for example tokens; the score is of one.
        """
        value = math.log(max(seconds, 1e-6) / max(units, 1.0))
        self._count += 1
        if self._count == 1:
            self._recent = self._usual = value
            self.seconds = math.exp(value)
            return
        value = min(value, self._recent + _MOST)
        self._recent += (value - self._recent) * (_SLOWER if value > self._recent else _FASTER)
        self._usual += (value - self._usual) * self._weight()
        self.seconds = math.exp(self._recent)
        times = self._recent - self._usual
        if times <= (_RECOVERED if self.degraded else _DEGRADED):
            self.degraded = False
        else:
            self.degraded = (self.seconds - math.exp(self._usual)) * max(units, 1.0) > _NOTICEABLE

    def _weight(self) -> float:
        """Return how much of a new value becomes the usual; even while degraded a little, if it stays so for good."""
        if self.degraded:
            return _USUAL / 5
        return 1 / self._count if self._count <= _FIRST_FEW else _USUAL
