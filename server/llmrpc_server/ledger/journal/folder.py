"""The folder of this machine's journals: whose are there, and which of them nobody owns any more."""

import hashlib
import os
import tempfile
from pathlib import Path

import structlog
from sqlalchemy import make_url

from llmrpc_server.config import LedgerSettings
from llmrpc_server.ledger.journal.journal import SUFFIX, Journal

log = structlog.get_logger()


class CannotKeep(Exception):
    """The journals' folder cannot be written; the text says why."""


class Folder:
    """A folder that processes of this machine share. Its methods wait for the disk: call them in a thread.

    Args:
        ledger: Which ledger's journals it is about; those of others in the same folder are not touched.
        owner: A name that no other process has.
    """

    def __init__(self, path: Path, ledger: str, owner: str) -> None:
        self._path = path
        self._ledger = ledger
        self._own = f"{ledger}-{owner}-"
        self._unusable: set[str] = set()

    @classmethod
    def of(cls, settings: LedgerSettings, owner: str) -> "Folder":
        """Return the folder of a configured ledger."""
        url = make_url(settings.url)
        file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        beside = Path() if file is None else file.parent
        path = beside / "llmrpc-journal" if settings.journal is None else Path(settings.journal)
        # A file that moves with its journals stays the same ledger.
        its = (
            f"{url.host}:{url.port}/{url.database}" if file is None else os.path.relpath(file.resolve(), path.resolve())
        )
        return cls(path, hashlib.blake2b(its.encode(), digest_size=4).hexdigest(), owner)

    def check(self) -> None:
        """See that it can be written, or made; the log warns of books of other ledgers whose processes are dead.

        Raises:
            CannotKeep: It cannot.
        """
        try:
            there = next(path for path in (self._path, *self._path.absolute().parents) if path.exists())
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            raise CannotKeep(f"cannot write to {self._path}: {error.strerror}") from error
        for path in self._path.glob(f"*{SUFFIX}"):
            others = not path.name.startswith(f"{self._ledger}-") and _size(path)
            if others and (left := self._adopt(path)) is not None:
                left.close()
                log.warning("books of another ledger, or of this one before its database was moved", file=path.name)

    def journal(self, name: str) -> Journal:
        """Return one of the owner's journals."""
        return Journal(self._path / f"{self._own}{name}{SUFFIX}")

    def orphans(self) -> list[Journal]:
        """Return the journals whose processes are dead, locked by this one."""
        return [journal for path in self._others() if (journal := self._adopt(path)) is not None]

    def filled(self) -> dict[str, int]:
        """Return the sizes of other processes' journals that have books, by name; one that is entered shrinks."""
        return {path.name: size for path in self._others() if path.name not in self._unusable and (size := _size(path))}

    def _others(self) -> list[Path]:
        its = self._path.glob(f"{self._ledger}-*{SUFFIX}")
        return [path for path in its if not path.name.startswith(self._own)]

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
