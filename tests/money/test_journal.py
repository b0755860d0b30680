"""The journal keeps what it was given, whoever looks at its folder at the same moment."""

import asyncio
import json
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from llmrpc_server import ledger
from llmrpc_server.database import Database
from llmrpc_server.errors import StoreUnavailable
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.tables import calls
from llmrpc_server.ledger.writer import Writer
from money.made import book, entered_all, kept_in


def test_others_take_no_journal_of_the_living(tmp_path: Path) -> None:
    """A journal that is being made is there with its books, however often others look for those of the dead."""
    over = threading.Event()

    def adopt() -> None:
        """Look for the dead again and again, and remove what is empty."""
        others = Folder(tmp_path, "l", "others")
        while not over.is_set():
            for orphan in others.orphans():
                orphan.close()

    adopting = [threading.Thread(target=adopt) for _ in range(2)]
    for thread in adopting:
        thread.start()
    try:
        for number in range(300):
            journal = Journal(tmp_path / f"l-p{number}.jsonl")
            journal.append(book(f"c{number}"))
            (line,) = (tmp_path / f"l-p{number}.jsonl").read_text().splitlines()
            assert f"c{number}" == json.loads(line)["call"]["call_id"]
            journal.clear()
            journal.close()
    finally:
        over.set()
        for thread in adopting:
            thread.join()


def test_two_adopt_the_same(tmp_path: Path) -> None:
    """Of those who look for the dead at the same time one enters a journal; the others see none."""
    dead = Journal(tmp_path / "l-dead.jsonl")
    dead.append(book("c1"))
    dead._file.close()  # type: ignore[union-attr]
    found: list[str] = []

    def adopt(name: str) -> None:
        """Enter what is there."""
        for orphan in Folder(tmp_path, "l", name).orphans():
            found.extend(one.call_id for one in orphan.read())
            orphan.clear()
            orphan.close()

    adopting = [threading.Thread(target=adopt, args=(f"p{number}",)) for number in range(8)]
    for thread in adopting:
        thread.start()
    for thread in adopting:
        thread.join()

    assert ["c1"] == found
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("gone", ["the file", "the folder"])
def test_a_journal_that_somebody_removes(tmp_path: Path, gone: str) -> None:
    """With the next book it is there again, with all that was in it: it survives its process as before."""
    path = tmp_path / "journal" / "l-dead.jsonl"
    journal = Journal(path)
    journal.append(book("c1"))
    if gone == "the file":
        path.unlink()
    else:
        shutil.rmtree(path.parent)
    journal.append(book("c2"))
    journal.append(book("c3"))
    journal._file.close()  # type: ignore[union-attr]
    [orphan] = Folder(path.parent, "l", "another").orphans()

    assert ["c1", "c2", "c3"] == [one.call_id for one in orphan.read()]
    orphan.close()


def test_a_folder_that_is_not_what_it_was(tmp_path: Path) -> None:
    """A journal that is empty and cannot be removed any more stays; the end of its process does not fail over it."""
    folder = tmp_path / "journal"
    journal = Journal(folder / "p1.jsonl")
    journal.append(book("c1"))
    journal.clear()
    folder.rename(tmp_path / "elsewhere")
    folder.touch()

    journal.close()

    assert ["p1.jsonl"] == [path.name for path in (tmp_path / "elsewhere").iterdir()]


def test_others_of_this_machine_read_no_journal(tmp_path: Path) -> None:
    """A journal can hold texts: it is for its owner alone, as is a folder that is made for it."""
    journal = Journal(tmp_path / "journal" / "p1.jsonl")
    mask = os.umask(0)
    try:
        journal.append(book("c1"))
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    journal.close()

    assert {"journal": 0o700, "p1.jsonl": 0o600} == modes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of a database."""
    return tmp_path / "books.db"


async def test_a_book_comes_while_others_are_entered(file: Path, tmp_path: Path) -> None:
    """A book that comes while the database is being found again is entered behind those that were kept."""
    database = Database(f"sqlite:///{file}", [ledger.MIGRATIONS])
    await database.open()
    backlog = kept_in(database, tmp_path / "journal")
    writer = Writer(database, backlog, "p1", refuse=True)
    writer.start()
    await backlog.start()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await backlog.keep([book("c1")])
        closed = writer.close(book("c2"))
        with pytest.raises(StoreUnavailable):
            await closed
        await asyncio.sleep(0.6)  # It is asked for again by now.
        third = writer.close(book("c3"))
        with pytest.raises(StoreUnavailable):
            await third
        other.execute("ROLLBACK")
    await entered_all(backlog)

    async with database.reading() as connection:
        on_ledger = list((await connection.execute(select(calls.c.call_id).order_by(calls.c.call_id))).scalars())
    assert (["c1", "c2", "c3"], 0, False) == (on_ledger, backlog._journals.filling.count, backlog.down)
    await writer.stop()
    await backlog.stop()
    await database.close()
