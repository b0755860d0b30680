"""Books go to this machine's disk first where the database is a file beside it; nobody who asks can tell."""

import asyncio
import json
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from fault_provider import ThreadedFaultProvider
from gateway import channel_to, request, running, serving
from llmrpc.v1 import completion_pb2_grpc, usage_pb2, usage_pb2_grpc
from llmrpc_server.config import LedgerSettings
from llmrpc_server.database import Database
from llmrpc_server.ledger import ledger
from llmrpc_server.ledger.journal import journals
from llmrpc_server.ledger.journal.backlog import Backlog
from llmrpc_server.ledger.journal.folder import Folder
from llmrpc_server.ledger.journal.journal import Journal
from llmrpc_server.ledger.tables import calls, holds
from llmrpc_server.ledger.writer import Writer
from money.books import priced
from money.made import book, enter_in, entered, held, hold, kept_in, period


def written(folder: Path) -> list[str]:
    """Return the calls that the journals in a folder have, read as the next process would."""
    found = []
    for path in folder.glob("*.jsonl"):
        with path.open("rb", buffering=0) as file:
            found += [one.call_id for one in Journal(path, file).read()]
    return sorted(found)


async def test_closed_means_written(database: Database, writer: Writer, tmp_path: Path) -> None:
    """A book is on the disk when its call is told so, and a moment later in the database, with all others of it."""
    begun: list[object] = []
    if database._sqlite is not None:
        event.listen(database._sqlite._engine, "begin", begun.append)
    for number in range(20):
        assert writer.close(book(f"c{number:02}")).done()
    names = [f"c{number:02}" for number in range(20)]

    assert (names, []) == (written(tmp_path / "journal"), await entered(database))
    async with asyncio.timeout(10):
        while await entered(database) != names or written(tmp_path / "journal"):
            await asyncio.sleep(0.01)
    if database._sqlite is not None:
        assert 1 == len(begun)


async def test_what_a_budget_counts_waits_for_the_database(database: Database, writer: Writer) -> None:
    """A book of a budget is committed before its call is told: the next call may depend on it."""
    closed = writer.close(book("c1", periods=(period(),)))
    assert not closed.done()
    await closed

    assert ["c1"] == await entered(database)


async def test_its_hold_goes_with_it(database: Database, writer: Writer, backlog: Backlog) -> None:
    """A call that took long enough for a hold has none once its book is entered."""
    noted = hold("c1", picos=1)
    noted.book.periods = noted.claims = ()
    writer.note("c1", lambda: noted)
    assert ["c1"] == await held(database)
    writer.close(book("c1"))
    await backlog.enter()

    async with database.reading() as connection:
        assert [] == list(await connection.execute(select(holds)))
    assert ["c1"] == await entered(database)


async def test_more_than_memory_keeps(
    database: Database, writer: Writer, backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many books come before the database takes them: memory holds some of them, the disk all."""
    monkeypatch.setattr(journals, "_MOST_IN_MEMORY", 3)
    for number in range(8):
        writer.close(book(f"c{number}"))
    assert (3, 8) == (len(backlog._journals.filling.books), backlog._journals.filling.count)
    await backlog.enter()
    writer.close(book("c8"))
    await backlog.enter()

    assert [f"c{number}" for number in range(9)] == await entered(database)


async def test_the_end_comes_while_books_are_entered(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book that was put here while others were entered is entered, too, before the end: no next process is needed."""
    backlog = kept_in(database, tmp_path / "other", "p2", first=True)
    await backlog.start()
    write = database.write

    async def and_one_more(work: Any) -> Any:
        """Enter what is asked, while another call ends, and the process with it."""
        monkeypatch.setattr(database, "write", write)
        assert backlog.put(book("c2"))
        ending.set()
        return await write(work)

    ending = asyncio.Event()
    monkeypatch.setattr(database, "write", and_one_more)
    assert backlog.put(book("c1"))
    await ending.wait()
    await backlog.stop()

    assert ["c1", "c2"] == await entered(database)
    assert [] == written(tmp_path / "other")


async def test_the_next_process_enters_what_a_killed_one_left(database: Database, tmp_path: Path) -> None:
    """What a process wrote before it died is entered by the next one, once, and takes its hold's place."""
    dead = kept_in(database, tmp_path, "dead", first=True)
    under_way = hold("c1", picos=1000)
    under_way.book.periods = under_way.claims = ()
    await enter_in(database, "dead", [], [under_way])
    assert dead.put(book("c1", picos=7))
    dead._journals.filling.journal._file.close()  # type: ignore[union-attr]

    for _ in range(2):
        for orphan in Folder(tmp_path, "l", "next").orphans():
            await enter_in(database, "next", orphan.read(), [])
            orphan.close()

    async with database.reading() as connection:
        assert [7] == list((await connection.execute(select(calls.c.cost_picos))).scalars())
        assert [] == list(await connection.execute(select(holds)))


async def test_the_file_is_locked(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """While somebody else writes to the file calls are answered, and then all of them are on it."""
    file = tmp_path / "books.db"
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        usage = usage_pb2_grpc.UsageServiceStub(gateway.channel)
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            answers = [await gateway.completion.Complete(request("openai/x")) for _ in range(3)]
            other.execute("ROLLBACK")
        told = await usage.ListCalls(usage_pb2.ListCallsRequest())

    assert {answer.accounting.call_id for answer in answers} == {call.call_id for call in told.calls}


async def test_whoever_asks_sees_all_that_was_reported(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """Each call is on the ledger for whoever asks once it is answered: its own process, or another one beside it."""
    config = priced(faults, f"sqlite:///{tmp_path}/books.db")
    async with running(config) as first, running(config) as second:
        asked = [usage_pb2_grpc.UsageServiceStub(one.channel) for one in (first, second)]
        for _ in range(5):
            answer = await first.completion.Complete(request("openai/x"))
            call_id = answer.accounting.call_id
            for stub in asked:
                found = await stub.GetCall(usage_pb2.GetCallRequest(call_id=call_id))
                assert answer.accounting.cost == found.call.accounting.cost
        sums = await asked[1].QueryUsage(usage_pb2.QueryUsageRequest())

    assert 5 == sums.rows[0].calls


async def test_a_sibling_that_was_killed(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """What a killed server had reported a moment before is on the ledger for whoever asks another one at once."""
    config = priced(faults, f"sqlite:///{tmp_path}/llmrpc.db")
    (tmp_path / "llmrpc.yaml").write_text(json.dumps(config).replace("sk-test-1", "${TEST_KEY}"))
    env = {"TEST_KEY": "sk-test-1"}
    with serving(cwd=tmp_path, env=env) as lives, serving(cwd=tmp_path, env=env) as dies:
        async with channel_to(dies.address) as channel:
            answer = await completion_pb2_grpc.CompletionServiceStub(channel).Complete(request("openai/x"))
            dies.send(signal.SIGKILL)
            dies.wait()
        left = written(tmp_path / "llmrpc-journal")
        async with channel_to(lives.address) as channel:
            asked = usage_pb2.GetCallRequest(call_id=answer.accounting.call_id)
            found = await usage_pb2_grpc.UsageServiceStub(channel).GetCall(asked)
        lives.send(signal.SIGTERM)
        lives.wait()

    assert [answer.accounting.call_id] == left
    assert answer.accounting.cost == found.call.accounting.cost
    assert [] == list((tmp_path / "llmrpc-journal").iterdir())


async def test_a_sibling_that_hangs(
    tmp_path: Path, faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that does not enter what it wrote is waited for, but not for long."""
    monkeypatch.setattr(ledger, "_CATCH_UP_SECONDS", 0.3)
    url = f"sqlite:///{tmp_path}/books.db"
    stopped = Folder.of(LedgerSettings(url=url), "hangs").journal("a")
    stopped.append(book("c1"))
    async with running(priced(faults, url)) as gateway:
        usage = usage_pb2_grpc.UsageServiceStub(gateway.channel)
        answer = await gateway.completion.Complete(request("openai/x"))
        begun = time.monotonic()
        told = await usage.ListCalls(usage_pb2.ListCallsRequest())
        took = time.monotonic() - begun

    assert [answer.accounting.call_id] == [call.call_id for call in told.calls]
    assert 0.3 <= took < 3
    stopped.clear()
    stopped.close()


def test_ledgers_that_share_a_folder(tmp_path: Path) -> None:
    """Nobody takes another ledger's journals for those of its own dead; a ledger that was moved finds its own."""

    def left(url: str, **more: Any) -> list[str]:
        """Name the journals that a process of a ledger finds."""
        orphans = Folder.of(LedgerSettings(url=url, **more), "p2").orphans()
        for orphan in orphans:
            orphan.close()
        return [orphan.name for orphan in orphans]

    here = tmp_path / "here"
    here.mkdir()
    shared: dict[str, Any] = {"journal": str(tmp_path / "shared")}
    found: list[tuple[str, dict[str, Any]]] = [(f"sqlite:///{here}/a.db", {}), ("postgresql://u@h/a", shared)]
    for url, more in found:
        dead = Folder.of(LedgerSettings(url=url, **more), "p1").journal("a")
        dead.append(book("c1"))
        dead._file.close()  # type: ignore[union-attr]

        others = (f"sqlite:///{here}/b.db", "postgresql://u@h/b", "postgresql://u@g/a")
        assert [[]] * 3 == [left(other, **more) for other in others]
        assert [dead.name] == left(url.replace("u@", "v@"), **more)
    moved = here.rename(tmp_path / "there")
    assert 1 == len(left(f"sqlite:///{moved}/a.db"))
