"""Where the configuration comes from, and whether it is another one by now."""

from collections.abc import Callable
from pathlib import Path

from llmrpc_server.config.loading import Loaded
from llmrpc_server.watched import state_of


class Source:
    """Where the configuration comes from.

    Args:
        file: None where it has none.
        read: Reads it, and sees that a server can go by it, which may take a while; raises BadConfig or
            WeightsUnavailable.
    """

    def __init__(self, file: Path | None, read: Callable[[], Loaded]) -> None:
        self._file = file
        self._read = read
        self._taken = self._seen = self._look()

    def take(self) -> Loaded:
        """Read it as it is now."""
        # Before it is read: what changes meanwhile is read again.
        self._taken = self._seen = self._look()
        return self._read()

    def is_another(self) -> bool:
        """Look whether it is another one than was taken, and has been still since the last look.

        Whoever writes it may be in the middle of it.
        """
        before, self._seen = self._seen, self._look()
        return self._seen is not None and self._seen == before != self._taken

    def _look(self) -> tuple[int, ...] | None:
        return None if self._file is None else state_of(self._file)
