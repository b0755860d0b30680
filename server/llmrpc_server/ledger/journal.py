"""Books on this machine's disk while the database is down; whoever finds a dead process's file enters it."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import structlog

from llmrpc_server.ledger.entries import Book

log = structlog.get_logger()

_SUFFIX = ".jsonl"


class Journal:
    """The file of one process, made when it is first needed; locked while the process lives.

    Its methods wait for the disk: call them in a thread.
    """

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._path = folder / f"{process}{_SUFFIX}"
        self._file: BinaryIO | None = None

    @property
    def name(self) -> str:
        """Its file's name."""
        return self._path.name

    def append(self, books: Sequence[Book]) -> None:
        """Write books down; they are on the disk when it returns.

        Raises:
            OSError: They are not.
        """
        if not books:
            return
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file.write(b"".join(json.dumps(book.plain()).encode() + b"\n" for book in books))
        self._file.flush()
        os.fsync(self._file.fileno())

    def read(self) -> list[Book]:
        """Return all books in it."""
        return [] if self._file is None else list(_books(self._path))

    def clear(self) -> None:
        """Forget them: they are entered."""
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        if self._file is not None:
            if not self._path.stat().st_size:
                self._path.unlink()
            self._file.close()
            self._file = None

    def orphans(self) -> list["Journal"]:
        """Return the journals in the same folder whose processes are dead, locked by this one."""
        return [journal for path in self._folder.glob(f"*{_SUFFIX}") if (journal := self._adopt(path)) is not None]

    def _adopt(self, path: Path) -> "Journal | None":
        if path == self._path:
            return None
        try:
            file = path.open("a+b")
        except OSError as error:
            log.warning("a dead process's journal cannot be opened", file=path.name, error=str(error))
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        journal = Journal(self._folder, path.stem)
        journal._file = file
        return journal


def _books(path: Path) -> Iterator[Book]:
    for line in path.read_bytes().splitlines(keepends=True):
        # A line without its end was being written when the process died: its call was never reported done.
        if line.endswith(b"\n"):
            yield Book.read(json.loads(line))
