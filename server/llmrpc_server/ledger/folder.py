"""The folder of this machine's journals: whose are there, and which of them nobody owns any more."""

import tempfile
from pathlib import Path

import structlog

from llmrpc_server.ledger.journal import SUFFIX, Journal

log = structlog.get_logger()


class CannotKeep(Exception):
    """The journals' folder cannot be written; the text says why."""


class Folder:
    """A folder that processes of this machine share. Its methods wait for the disk: call them in a thread.

    Args:
        owner: A name that no other process has.
    """

    def __init__(self, path: Path, owner: str) -> None:
        self._path = path
        self._owner = owner
        self._unusable: set[str] = set()

    def check(self) -> None:
        """See that it can be written, or made.

        Raises:
            CannotKeep: It cannot.
        """
        try:
            there = next(path for path in (self._path, *self._path.absolute().parents) if path.exists())
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            raise CannotKeep(f"cannot write to {self._path}: {error.strerror}") from error

    def journal(self, name: str) -> Journal:
        """Return one of the owner's journals."""
        return Journal(self._path / f"{self._owner}-{name}{SUFFIX}")

    def orphans(self) -> list[Journal]:
        """Return the journals whose processes are dead, locked by this one."""
        return [journal for path in self._others() if (journal := self._adopt(path)) is not None]

    def filled(self) -> set[str]:
        """Name the journals of other processes in which there are books."""
        return {path.name for path in self._others() if _size(path)} - self._unusable

    def _others(self) -> list[Path]:
        return [path for path in self._path.glob(f"*{SUFFIX}") if not path.name.startswith(f"{self._owner}-")]

    def _adopt(self, path: Path) -> Journal | None:
        try:
            return Journal.left(path)
        except (BlockingIOError, FileNotFoundError):
            return None  # Its process lives, or somebody else has entered it.
        except OSError as error:
            if path.name not in self._unusable:
                log.warning("a dead process's journal cannot be opened", file=path.name, error=str(error))
            self._unusable.add(path.name)
            return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
