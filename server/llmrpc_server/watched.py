"""Files that are read again when they change. A bad file never replaces a good one."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

SECONDS_BETWEEN_LOOKS = 0.5


class BadFile(Exception):
    """A file cannot be read, or is not what it should be. Its text names the file and quotes nothing of it."""


class Watched(Generic[T]):
    """What some files say together.

    Args:
        paths: The files; parsed again when any of them changes.
        parse: Makes the value of their contents; raises ValueError with what is wrong, quoting nothing of them.
        changed: Told the old and the new value after a change.

    Attributes:
        value: What they said when they were good last.

    Raises:
        BadFile: They are no good at the first look.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        parse: Callable[..., T],
        *,
        changed: Callable[[T, T], None] | None = None,
    ) -> None:
        self._paths = tuple(paths)
        self._parse = parse
        self._changed = changed
        self._reading = threading.Lock()
        self._state = self._look()
        self.value: T = self._read()

    def refresh(self) -> None:
        """Read the files if they changed since; blocks for as long as that takes, also where another thread reads."""
        with self._reading:
            self._refresh()

    def _refresh(self) -> None:
        state = self._look()
        if state == self._state:
            return
        try:
            value = self._read()
        except BadFile as error:
            # One that cannot be read now may be read in a moment, without another change.
            if not isinstance(error.__cause__, OSError):
                self._state = state
            log.warning("a bad file: the last good one stays", problem=str(error))
            return
        self._state = state
        old, self.value = self.value, value
        if self._changed is not None:
            self._changed(old, value)

    def _look(self) -> tuple[tuple[int, ...] | None, ...]:
        return tuple(map(state_of, self._paths))

    def _read(self) -> T:
        try:
            return self._parse(*(path.read_bytes() for path in self._paths))
        except OSError as error:
            raise BadFile(f"{error.filename}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise BadFile(f"{', '.join(map(str, self._paths))}: {error}") from None


def state_of(path: Path) -> tuple[int, ...] | None:
    """Tell what is another one when the file, or who may read it, has changed; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - several times a second, for ever
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns


async def watch(refresh: Callable[[], None]) -> None:
    """Look at a file twice a second, until cancelled; `refresh` is that of its `Watched`."""
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        await asyncio.to_thread(refresh)
