"""A server process that goes away while calls are under way: they are told, and their books say what they were told."""

from collections.abc import Callable


class Departure:
    """One process's.

    Attributes:
        come: Nobody is waited for any more.
    """

    def __init__(self) -> None:
        self.come = False
        self._told: set[Callable[[], None]] = set()

    def tell(self, caller: Callable[[], None]) -> None:
        """Call a function when it comes, unless `forget` does."""
        self._told.add(caller)

    def forget(self, caller: Callable[[], None]) -> None:
        """Take a function back."""
        self._told.discard(caller)

    def begin(self) -> None:
        """Tell everybody."""
        self.come = True
        for caller in list(self._told):
            caller()
