"""A breaker: a target that fails is left alone for a while, then tried by one call at a time."""

from collections.abc import Callable
from enum import Enum, auto

from llmrpc_server.config import BreakerSettings

_BUCKETS = 10


class State(Enum):
    """What a breaker lets through."""

    CLOSED = auto()
    OPEN = auto()
    # One call, the probe, is under way.
    HALF_OPEN = auto()


class Breaker:
    """Counts the outcomes of attempts over a rolling window.

    Args:
        settings: When it opens, and for how long.
        clock: The time in seconds, monotonic.

    Attributes:
        state: What it lets through; an open one whose pause is over stays open until somebody asks.
        open_until: When an open one lets a probe through; while one is under way, when another may follow a silent one.
    """

    def __init__(self, settings: BreakerSettings, clock: Callable[[], float]) -> None:
        self._clock = clock
        # By the number of its bucket: attempts that succeeded, attempts that failed.
        self._counts: dict[int, list[int]] = {}
        self._settings = settings
        self._consecutive = 0
        self._probe = 0
        self.state = State.CLOSED
        self.open_until = 0.0
        self.configure(settings)

    def configure(self, settings: BreakerSettings) -> None:
        """Go by other settings from the next attempt on; one that is to open no more does not stay open either."""
        if not settings.enabled:
            self.state = State.CLOSED
        if settings.window != self._settings.window:
            # Buckets of another length have other numbers.
            self._counts.clear()
        self._settings = settings
        self._interval = settings.probe_interval.total_seconds()
        self._bucket_seconds = settings.window.total_seconds() / _BUCKETS

    @property
    def admits(self) -> bool:
        """Whether an attempt would be let through now."""
        return self.state is State.CLOSED or self._clock() >= self.open_until

    @property
    def can_choose(self) -> bool:
        """Whether the next attempt is a probe that can be chosen: for an interval, after that the first call is it."""
        return self.state is not State.CLOSED and self._clock() < self.open_until + self._interval

    @property
    def error_rate(self) -> float:
        """The share of failed attempts in the window, 0 to 1."""
        succeeded, failed = self._totals()
        return failed / (succeeded + failed) if failed else 0.0

    def enter(self) -> int:
        """Let an attempt through, which has to be admitted; return its number if it is a probe, else 0."""
        if self.state is State.CLOSED:
            return 0
        self.state = State.HALF_OPEN
        self.open_until = self._clock() + self._interval
        self._probe += 1
        return self._probe

    def succeeded(self) -> None:
        """Count an attempt that succeeded; after a probe's everybody may follow."""
        self._count(0)
        self.recovered()

    def recovered(self) -> None:
        """Take a sign of life: no more failures in a row, and a probe has done its work."""
        self._consecutive = 0
        if self.state is State.HALF_OPEN:
            self.state = State.CLOSED
            self._counts.clear()

    def failed(self, probe: int, pause: float | None = None) -> None:
        """Count an attempt that failed.

        Args:
            probe: What `enter` said of it.
            pause: For how many seconds it opens if it does; None as the settings say.
        """
        self._count(1)
        self._consecutive += 1
        fails_again = self.state is State.HALF_OPEN and probe == self._probe
        if self._settings.enabled and (fails_again or (self.state is State.CLOSED and self._is_too_much())):
            self.state = State.OPEN
            self.open_until = self._clock() + self._interval
        if self.state is State.OPEN and pause is not None:
            self.open_until = max(self.open_until, self._clock() + pause)

    def abandoned(self, probe: int) -> None:
        """Take back a probe that came to no end: the next call is the probe."""
        if self.state is State.HALF_OPEN and probe == self._probe:
            self.state, self.open_until = State.OPEN, self._clock()

    def _is_too_much(self) -> bool:
        if self._consecutive >= self._settings.consecutive_failures:
            return True
        succeeded, failed = self._totals()
        return succeeded + failed >= self._settings.min_attempts and self.error_rate >= self._settings.error_rate

    def _count(self, outcome: int) -> None:
        bucket = int(self._clock() / self._bucket_seconds)
        counts = self._counts.get(bucket)
        if counts is None:
            counts = self._counts[bucket] = [0, 0]
            for old in [number for number in self._counts if number <= bucket - _BUCKETS]:
                del self._counts[old]
        counts[outcome] += 1

    def _totals(self) -> tuple[int, int]:
        oldest = int(self._clock() / self._bucket_seconds) - _BUCKETS
        recent = [counts for bucket, counts in self._counts.items() if bucket > oldest]
        return sum(counts[0] for counts in recent), sum(counts[1] for counts in recent)
