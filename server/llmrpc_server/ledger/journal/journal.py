"""A file of books on this machine's disk; the process that finds a dead one's file enters it."""

import contextlib
import fcntl
import os
from io import FileIO
from pathlib import Path
from typing import Literal

import msgspec

from llmrpc_server.ledger.entries import Book

SUFFIX = ".jsonl"
_UNLOCKED = ".new"
_SPOILED = ".spoiled"


class Journal:
    """One file of one process, locked while the process lives; once it is made, all but `append` waits for the disk.

    Attributes:
        spoiled: How many lines hold no book, of those that were read.
    """

    def __init__(self, path: Path, file: FileIO | None = None) -> None:
        self._path = path
        self._file = file
        self.spoiled = 0

    @classmethod
    def left(cls, path: Path) -> "Journal":
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
        return cls(path, file)

    @property
    def name(self) -> str:
        """Its file's name."""
        return self._path.name

    def make(self) -> None:
        """Make the file, if it is not there yet.

        Raises:
            OSError: It cannot be made.
        """
        if self._file is None:
            self._file = _new(self._path)

    def append(self, book: Book) -> None:
        """Write a book down: from now on it survives the process, and after `sync` the machine, too.

        Raises:
            OSError: It does not.
        """
        self.make()
        if not os.fstat(self._open.fileno()).st_nlink:
            self._make_again()
        file = self._open.fileno()
        rest = line = book.written(with_text=True) + b"\n"
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
        except OSError:
            # Half a line would spoil the next one.
            os.ftruncate(file, os.fstat(file).st_size - (len(line) - len(rest)))
            raise

    def sync(self) -> None:
        """Wait until what was written is on the disk.

        Raises:
            OSError: It is not.
        """
        os.fsync(self._open.fileno())

    def read(self) -> list[Book]:
        """Return all books in it."""
        self.spoiled = 0
        if self._file is None:
            return []
        self._file.seek(0)
        books = []
        for line in self._file.readall().splitlines(keepends=True):
            # A line without its end was being written when the process died: its call was never reported done.
            if not line.endswith(b"\n"):
                continue
            try:
                books.append(Book.read(line))
            except (msgspec.MsgspecError, ValueError):
                self.spoiled += 1
        return books

    def clear(self) -> None:
        """Forget them: they are entered."""
        if self._file is not None:
            self._file.truncate(0)

    def set_aside(self) -> None:
        """Give the file a name by which no process looks for it, for a person to look at."""
        self._path = self._path.rename(self._path.with_suffix(_SPOILED))

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                if not os.fstat(file.fileno()).st_size:
                    # Still locked: nobody can have begun to write to it. Where its folder is not what it was, it stays.
                    with contextlib.suppress(OSError):
                        self._path.unlink()

    def _make_again(self) -> None:
        """Take a new file with what is in this one, which somebody removed: nobody would find it after this process."""
        removed = self._open
        made = _new(self._path)
        try:
            removed.seek(0)
            rest = removed.readall()
            while rest:
                rest = rest[made.write(rest) :]
        except OSError:
            made.close()
            raise
        removed.close()
        self._file = made

    @property
    def _open(self) -> FileIO:
        if self._file is None:
            raise FileNotFoundError(self._path)
        return self._file


def _new(path: Path) -> FileIO:
    """Make a journal, unseen until it is locked: another process that got the lock would remove it as empty."""
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
