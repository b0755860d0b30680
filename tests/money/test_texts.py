"""What calls asked and were answered is kept where the configuration says so, and nowhere else."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from sqlalchemy import event, func, select

import details
from client_command import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import completion_pb2, message_pb2, usage_pb2, usage_pb2_grpc
from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import ORDINARY, Scope
from llmrpc_server.database import Database
from llmrpc_server.database.insert import put_new
from llmrpc_server.interceptors import auth
from llmrpc_server.ledger.chores import retention
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.tables import texts
from llmrpc_server.ledger.texts import get_text, text_row
from money.books import priced, rows
from money.made import book, enter_in

_SECRET = "Wherefore zyxomma, quoth the heliotrope?"
_MEDIUM = b"\x89PNG zyxomma in bytes" * 10


def _asked(model: str = "openai/x") -> completion_pb2.CompleteRequest:
    return request(model, _SECRET, labels={"team": "search"})


async def _told(gateway: Gateway, call_id: str) -> usage_pb2.Call:
    stub: Any = usage_pb2_grpc.UsageServiceStub(gateway.channel)
    answer = await stub.GetCall(usage_pb2.GetCallRequest(call_id=call_id))
    call: usage_pb2.Call = answer.call
    return call


async def test_off(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Unless it is switched on no file of the ledger holds a word of what was asked and answered, however calls end."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    async with running(priced(faults, f"sqlite:///{folder}/books.db")) as gateway:
        answer = await gateway.completion.Complete(_asked())
        (said,) = [part.text for part in answer.message.parts]
        async for _ in gateway.completion.StreamComplete(_asked()):
            pass
        await details.failure_of(gateway.completion.Complete(_asked("openai/x+status=400")))
        cancelled = asyncio.ensure_future(gateway.completion.Complete(_asked("openai/x+slow-first=30s")))
        async with asyncio.timeout(10):
            while not rows(folder / "books.db", "SELECT * FROM holds"):
                await asyncio.sleep(0.02)
        cancelled.cancel()
        assert not (await _told(gateway, answer.accounting.call_id)).HasField("text")
        found = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    found |= {f"closed {file.name}": file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert answer.accounting.call_id.encode() in b"".join(found.values())
    words = [b"zyxomma", b"heliotrope", said.encode(), said.split(".")[0].encode()]
    assert [] == [(name, word) for name, data in found.items() for word in words if word in data]


async def test_on(faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched on, GetCall and the command tell both, to whoever has the scope, of the own tenant."""
    config = priced(faults, f"sqlite:///{tmp_path}/books.db")
    config["ledger"]["store_text"] = True
    async with running(config) as gateway:
        monkeypatch.setattr(auth, "DEFAULT", Principal(tenant="acme", scopes=ORDINARY | {Scope.TEXTS}))
        answer = await gateway.completion.Complete(_asked())
        call_id = answer.accounting.call_id
        told = (await _told(gateway, call_id)).text
        listing: Any = usage_pb2_grpc.UsageServiceStub(gateway.channel)
        listed = (await listing.ListCalls(usage_pb2.ListCallsRequest())).calls
        shown = await llmrpc("calls", call_id, "--address", gateway.address)
        monkeypatch.setattr(auth, "DEFAULT", Principal(tenant="acme", scopes=ORDINARY))
        hidden = await _told(gateway, call_id)
        monkeypatch.setattr(auth, "DEFAULT", Principal(tenant="globex", scopes=ORDINARY | {Scope.TEXTS}))
        failed = await details.failure_of(_told(gateway, call_id))

    assert _SECRET == json.loads(told.request_json)["messages"][0]["parts"][0]["text"]
    assert answer.message.parts[0].text == json.loads(told.answer_json)["parts"][0]["text"]
    assert not told.truncated
    assert [False] == [call.HasField("text") for call in listed]
    assert (True, True) == (_SECRET in shown, answer.message.parts[0].text in shown)
    assert (call_id, False) == (hidden.call_id, hidden.HasField("text"))
    assert "NOT_FOUND" == failed.code().name


async def test_a_failed_call_has_its_request(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Of a call that was not answered what it asked is kept."""
    config = priced(faults, f"sqlite:///{tmp_path}/books.db")
    config["ledger"]["store_text"] = True
    async with running(config) as gateway:
        failed = await details.failure_of(gateway.completion.Complete(_asked("openai/x+status=400")))
        call_id = (
            dict(failed.initial_metadata() or ()).get("llmrpc-call-id")
            or dict(failed.trailing_metadata() or ())["llmrpc-call-id"]
        )
        told = (await _told(gateway, str(call_id))).text

    assert _SECRET in told.request_json
    assert "" == told.answer_json


def test_long_ones_are_cut() -> None:
    """Of a long text the beginning is kept, of a medium only that it was there; half a character is left out."""
    asked = request("x", "\N{SNOWMAN}" * 500)
    asked.messages[0].parts.add(media=message_pb2.Media(mime_type="image/png", data=_MEDIUM))
    result = message_pb2.ToolResult(tool_call_id="t1", parts=[asked.messages[0].parts[1]])
    asked.messages.add(role=message_pb2.ROLE_TOOL, parts=[message_pb2.ContentPart(tool_result=result)])

    whole = text_row("c1", asked, None, 10_000)
    cut = text_row("c1", asked, message_pb2.Message(), 1000)

    assert (False, "") == (whole["truncated"], whole["answer"])
    kept = completion_pb2.CompleteRequest()
    kept.CopyFrom(asked)
    for message, index in ((kept.messages[0], 1), (kept.messages[1], 0)):
        part = message.parts[index]
        (part.tool_result.parts[0] if part.HasField("tool_result") else part).media.ClearField("data")
    assert kept == read_back(whole["request"])
    assert (True, "{}") == (cut["truncated"], cut["answer"])
    assert 997 <= len(cut["request"].encode()) <= 1000
    assert whole["request"].startswith(cut["request"])
    assert _MEDIUM == asked.messages[0].parts[1].media.data


def read_back(text: str) -> completion_pb2.CompleteRequest:
    """Read a request back from its JSON."""
    return Parse(text, completion_pb2.CompleteRequest())


async def test_texts_go_sooner(database: Database) -> None:
    """Texts are entered with their book, also out of the journal; they go after a time of their own, the call stays."""
    made = [book("c1"), book("c2")]
    for one in made:
        row = text_row(one.call_id, _asked(), None, 1000)
        one.text = row
    made[0] = Book.read(made[0].written(with_text=True))
    assert b"zyxomma" not in made[1].written()
    await enter_in(database, "p1", made, [])

    for call_id in ("c1", "c2"):
        told = await get_text(database, call_id)
        assert told is not None
        assert _SECRET in told.request_json
    await retention.remove_texts(database, timedelta(days=1))
    assert None is not await get_text(database, "c1")
    await retention.remove_texts(database, timedelta(microseconds=1))
    async with database.reading() as connection:
        assert 0 == (await connection.execute(select(func.count()).select_from(texts))).scalar_one()
    assert None is await get_text(database, "c1")


async def test_old_texts_go_in_batches(database: Database) -> None:
    """However many texts are too old, no transaction removes more than a thousand."""
    kept = text_row("new", _asked(), None, 1000)
    old = [{**kept, "call_id": f"c{number}", "stored_us": number} for number in range(2000)]
    await database.write(lambda connection: put_new(connection, texts, [*old, kept]))
    removed = []

    def executed(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        """Note how much a statement removes."""
        if statement.startswith("DELETE"):
            removed.append(cursor.rowcount)

    event.listen(database._engine.sync_engine, "after_cursor_execute", executed)
    await retention.remove_texts(database, timedelta(days=1))

    assert (True, 2000) == (max(removed) < 1000, sum(removed))
    async with database.reading() as connection:
        assert ["new"] == list((await connection.execute(select(texts.c.call_id))).scalars())
