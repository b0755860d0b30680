"""Whatever goes wrong with a book's texts, or in the writer itself: books are entered, and nobody waits for ever."""

import asyncio
import functools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from sqlalchemy import event

from gateway import request
from llmrpc_server.database import Database
from llmrpc_server.errors import CallError
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.journal.kept import enter_all
from llmrpc_server.ledger.texts import get_text, text_row
from llmrpc_server.ledger.writer import Writer
from money.made import book, entered, entered_all, kept_in


@pytest.fixture
async def backlog(database: Database, tmp_path: Path) -> AsyncIterator[Backlog]:
    """Return the writer's backlog."""
    backlog = kept_in(database, tmp_path / "journal")
    await backlog.start()
    yield backlog
    async with asyncio.timeout(10):
        await backlog.stop()


@pytest.fixture(params=[True, False], ids=["refuse", "continue"])
async def writer(request: pytest.FixtureRequest, database: Database, backlog: Backlog) -> AsyncIterator[Writer]:
    """Return a writer that runs."""
    writer = Writer(database, backlog, "p1", refuse=request.param)
    writer.start()
    yield writer
    async with asyncio.timeout(10):
        await writer.stop()


def _with_text(call_id: str) -> Book:
    made = book(call_id)
    made.write_text = functools.partial(text_row, call_id, request("x", "zyxomma"), None, 1000)
    return made


def _unwritable(call_id: str) -> Book:
    """Make a book of a request that has no JSON."""
    asked = request("x", "zyxomma")
    asked.cache.ttl.CopyFrom(Duration(nanos=2_000_000_000))
    made = book(call_id)
    made.write_text = functools.partial(text_row, call_id, asked, None, 1000)
    return made


def _impossible(call_id: str) -> Book:
    """Make a book with texts that no database takes."""
    made = book(call_id)
    made.text = {**text_row(call_id, request("x"), None, 1000), "request": None}
    return made


async def _close(writer: Writer, *books: Book) -> list[Any]:
    async with asyncio.timeout(10):
        return await asyncio.gather(*(writer.close(one) for one in books), return_exceptions=True)


@pytest.mark.parametrize("make", [_unwritable, _impossible])
async def test_texts_cost_no_book(database: Database, writer: Writer, make: Any) -> None:
    """A book whose texts cannot be made or entered is entered without; those beside it have theirs."""
    told = await _close(writer, make("c1"), _with_text("c2"))

    assert [None, None] == told
    assert ["c1", "c2"] == await entered(database)
    assert [False, True] == [await get_text(database, call_id) is not None for call_id in ("c1", "c2")]


async def test_texts_cost_no_book_of_the_journal(database: Database, writer: Writer, backlog: Backlog) -> None:
    """While the database is down texts that cannot be made are left out of the journal, and their book is in it."""
    backlog.down = True
    told = await _close(writer, _unwritable("c1"), _with_text("c2"))

    assert [writer._refuse] * 2 == [isinstance(one, CallError) for one in told]
    assert [("c1", False), ("c2", True)] == [
        (one.call_id, one.text is not None) for one in backlog._journals.filling.journal.read()
    ]
    await entered_all(backlog)
    assert ["c1", "c2"] == await entered(database)


async def test_texts_of_a_journal_cost_no_book(database: Database) -> None:
    """Texts of a journal that no database takes are left out, and all books are entered."""
    await enter_all(database, "p1", [_impossible("c1"), _impossible("c2"), book("c3")])

    assert ["c1", "c2", "c3"] == await entered(database)


@pytest.mark.parametrize("where", ["journal", "writer"])
async def test_a_fault_of_ours(
    database: Database, writer: Writer, backlog: Backlog, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """What nobody thought of costs no book and ends no writer: whoever waits is told, the books are entered later."""

    def fail(*_: Any) -> None:
        """Be the fault."""
        raise ValueError("planted")

    with monkeypatch.context() as planting:
        if where == "journal":
            backlog.down = True
            planting.setattr(Journal, "append", fail)
        else:
            planting.setattr(writer, "_enter_together", fail)
        told = await _close(writer, book("c1"), book("c2"))
    assert [writer._refuse] * 2 == [isinstance(one, CallError) for one in told]
    assert 2 == len(backlog._journals.in_memory)
    await entered_all(backlog)
    await _close(writer, book("c3"))

    assert (0, ["c1", "c2", "c3"]) == (len(backlog._journals.in_memory), await entered(database))


async def test_texts_are_made_outside_the_transaction(database: Database, writer: Writer) -> None:
    """While texts are made no transaction is open, and the event loop goes on."""
    begun, seen = [0], []
    loop = asyncio.get_running_loop()

    def write() -> dict[str, Any]:
        """Make the texts, and see whether a transaction is open."""
        seen.append(begun[0])
        # Ends if the loop goes on while this waits.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=5)
        return text_row("c1", request("x", "zyxomma"), None, 1000)

    def begin(*_: Any) -> None:
        """Count transactions."""
        begun[0] += 1

    engines = [database._engine.sync_engine]
    if database._sqlite is not None:
        engines.append(database._sqlite._engine)
    for engine in engines:
        event.listen(engine, "begin", begin)
    made = book("c1")
    made.write_text = write
    told = await _close(writer, made)

    assert ([None], [0], 1) == (told, seen, begun[0])
    assert None is not await get_text(database, "c1")
