"""How long a commit waits for more books: a transaction of its own is the dearest part of a call's book."""

_WAIT_SECONDS = 0.006
# Of the time between two books, the newest has this share in the mean.
_NEWEST = 0.1
_TRIES_AFTER = 50


class CommitDelay:
    """Watches how often books come, and whether waiting for the next one was of use.

    One alone is never kept waiting: neither where few come, nor where each comes because the one before was entered.
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._between = 1.0
        self._in_vain = 0

    def came(self, now: float) -> None:
        """Note that a book came, at a moment in seconds."""
        self._between += _NEWEST * (min(now - self._last, 1.0) - self._between)
        self._last = now

    def wait(self) -> float:
        """Return for how many seconds a book that came is to wait for others; 0: not at all."""
        if self._in_vain:
            self._in_vain -= 1
            return 0.0
        return _WAIT_SECONDS if self._between < _WAIT_SECONDS else 0.0

    def waited_for(self, sharing: int) -> None:
        """Note how many calls share the transaction that waited."""
        if sharing < 2:  # noqa: PLR2004 - one alone shares nothing
            self._in_vain = _TRIES_AFTER
