"""Books on this machine's disk while the database is down; whoever finds a dead process's file enters it."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Literal

import structlog

from llmrpc_server.ledger.entries import Book

log = structlog.get_logger()

_SUFFIX = ".jsonl"
_UNLOCKED = ".new"


class CannotKeep(Exception):
    """The journal's folder cannot be written; the text says why."""


class Journal:
    """The file of one process, made when it is first needed; locked while the process lives.

    Its methods wait for the disk: call them in a thread.
    """

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._path = folder / f"{process}{_SUFFIX}"
        self._file: FileIO | None = None
        self._unusable: set[Path] = set()

    def check(self) -> None:
        """See that the folder can be written, or made.

        Raises:
            CannotKeep: It cannot.
        """
        try:
            there = next(path for path in (self._folder, *self._folder.absolute().parents) if path.exists())
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            raise CannotKeep(f"cannot write to {self._folder}: {error.strerror}") from error

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
            self._file = _new(self._path)
        file = self._file.fileno()
        before = os.fstat(file).st_size
        rest = b"".join(json.dumps(book.whole()).encode() + b"\n" for book in books)
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            # Half a line would spoil the next one.
            os.ftruncate(file, before)
            raise

    def read(self) -> list[Book]:
        """Return all books in it."""
        return [] if self._file is None else list(_books(self._file))

    def clear(self) -> None:
        """Forget them: they are entered."""
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                if not os.fstat(file.fileno()).st_size:
                    # Still locked: nobody can have begun to write to it.
                    self._path.unlink(missing_ok=True)

    def orphans(self) -> list["Journal"]:
        """Return the journals in the same folder whose processes are dead, locked by this one."""
        return [journal for path in self._folder.glob(f"*{_SUFFIX}") if (journal := self._adopt(path)) is not None]

    def _adopt(self, path: Path) -> "Journal | None":
        if path == self._path:
            return None
        journal = Journal(self._folder, path.stem)
        try:
            journal._file = _left(path)
        except (BlockingIOError, FileNotFoundError):
            return None  # Its process lives, or somebody else has entered it.
        except OSError as error:
            if path not in self._unusable:
                log.warning("a dead process's journal cannot be opened", file=path.name, error=str(error))
            self._unusable.add(path)
            return None
        return journal


def _new(path: Path) -> FileIO:
    """Make a journal that nobody can see before it is locked: whoever else got the lock would remove it as empty."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hidden = path.with_suffix(_UNLOCKED)
    file = _locked(hidden, "a+b")
    try:
        hidden.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        file.close()
        raise
    return file


def _left(path: Path) -> FileIO:
    """Open and lock a journal whose process is dead.

    Raises:
        BlockingIOError: It lives.
        FileNotFoundError: Another process has entered and removed it.
    """
    file = _locked(path, "r+b")
    try:
        gone = os.fstat(file.fileno()).st_nlink == 0
    except OSError:
        file.close()
        raise
    if gone:
        file.close()
        raise FileNotFoundError(path)
    return file


def _locked(path: Path, mode: Literal["a+b", "r+b"]) -> FileIO:
    # Without a buffer: what could not be written is not written later.
    file = FileIO(path, mode, opener=_for_its_owner)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _for_its_owner(path: str, flags: int) -> int:
    # There can be texts in it.
    return os.open(path, flags, 0o600)


def _books(file: FileIO) -> Iterator[Book]:
    file.seek(0)
    for line in file.readall().splitlines(keepends=True):
        # A line without its end was being written when the process died: its call was never reported done.
        if line.endswith(b"\n"):
            yield Book.read(json.loads(line))
