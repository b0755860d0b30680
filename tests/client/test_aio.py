"""The client for asyncio, against a real server. What the twins share is tested with the other one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc import StatusCode

import llmrpc
from client.scripted import (
    TARGET,
    ScriptedServer,
    answer,
    completed,
    endless,
    fail,
    numbered,
    part,
    reset,
    response,
    started,
    text,
    unknown,
)
from llmrpc.v1.completion_pb2 import INTERRUPTION_POLICY_RESTART, CompleteRequest


@pytest.fixture
async def aclient(server: ScriptedServer) -> AsyncIterator[llmrpc.AsyncClient]:
    """Connect to the server."""
    async with llmrpc.AsyncClient(server.address) as client:
        yield client


async def test_complete(aclient: llmrpc.AsyncClient) -> None:
    """A completion is the same view as the other client's."""
    completion = await aclient.complete("Why is the sky blue?")

    assert response("The sky is blue.") == completion.response


async def test_stream_text(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """Text comes in pieces; then the whole answer is there; the server may restart."""
    async with aclient.stream("Why?") as stream:
        pieces = [piece async for piece in stream.text]

    assert ["The sky ", "is blue."] == pieces
    assert response("The sky is blue.") == stream.completion.response
    assert INTERRUPTION_POLICY_RESTART == server.requests[0].stream.on_interruption


async def test_stream_events(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """Iterating over the stream gives every event as it came, unknown ones too."""
    events = numbered([started(), unknown(), completed("Blue.")])
    server.script = lambda *_: iter(events)

    async with aclient.stream("Why?") as stream:
        assert events == [event async for event in stream]


async def test_a_reset_is_seen_by_who_prints(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """RESET stands between the void text and the fresh one."""
    server.script = lambda *_: iter(
        numbered([started(), part(0), text(0, "The sk"), reset(), part(0), text(0, "Blue."), completed("Blue.")])
    )

    stream = aclient.stream("Why?")

    assert ["The sk", llmrpc.RESET, "Blue."] == [piece async for piece in stream.text]
    assert "Blue." == (await stream.result()).text


async def test_errors_are_the_same(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """Details arrive from both kinds of call."""
    info = ErrorInfo(reason="BUDGET_EXCEEDED", domain="llmrpc", metadata={"call_id": "c1"})
    server.script = lambda _, context: fail(context, StatusCode.RESOURCE_EXHAUSTED, "words", info)

    for call in (aclient.complete("Why?"), aclient.stream("Why?").result()):
        with pytest.raises(llmrpc.BudgetExceeded, match="BUDGET_EXCEEDED: words") as caught:
            await call
        assert "c1" == caught.value.call_id
        assert caught.value.cause is not None


async def test_a_stream_without_completed_is_an_error(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """Status OK alone does not make an answer whole."""
    server.script = lambda *_: iter(answer("Blue.")[:-1])

    with pytest.raises(llmrpc.BrokenStream, match="without its completed event"):
        await aclient.stream("Why?").result()


async def test_leaving_the_block_cancels_the_call(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """The server sees the cancellation; who goes on reading gets an error and is not cancelled."""
    server.script = endless

    async with aclient.stream("Why?") as stream:
        assert "Bl" == await anext(aiter(stream.text))

    assert await asyncio.to_thread(server.ended.wait, 5)
    with pytest.raises(llmrpc.Cancelled, match="the stream was closed"):
        await stream.result()


async def test_cancelling_the_reader_cancels_the_call(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """CancelledError stays what it is, and the server is told."""
    server.script = endless
    stream = aclient.stream("Why?")
    await anext(aiter(stream.text))
    reader = asyncio.create_task(stream.result())
    await asyncio.sleep(0)

    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await asyncio.to_thread(server.ended.wait, 5)


async def test_timeout_is_the_deadline(server: ScriptedServer, aclient: llmrpc.AsyncClient) -> None:
    """Past the deadline both kinds of call end with an error of their own."""
    server.script = endless

    for call in (aclient.complete("Why?", timeout=0.2), aclient.stream("Why?", timeout=0.2).result()):
        with pytest.raises(llmrpc.DeadlineExceeded):
            await call


async def test_models_and_plan(aclient: llmrpc.AsyncClient) -> None:
    """The rest of the API is the same, too."""
    assert ["default", "fast"] == [model.name async for model in aclient.list_models()]
    assert "fast" == (await aclient.get_model("fast")).name
    assert [TARGET] == [planned.target for planned in (await aclient.plan("Why?")).targets]


async def test_the_stubs_are_there_for_the_rest(server: ScriptedServer) -> None:
    """Raw calls go over the same connection, with the same metadata."""
    async with llmrpc.AsyncClient(server.address, token=lambda: "t0p") as client:
        await client.stubs.completion.Complete(CompleteRequest(), metadata=client.metadata())

    assert "Bearer t0p" == server.metadata[0]["authorization"]


async def test_nobody_listens(server: ScriptedServer) -> None:
    """An address without a server is an error of its own."""
    server.stop()

    async with llmrpc.AsyncClient(server.address) as client:
        with pytest.raises(llmrpc.ConnectionFailed):
            await client.stream("Why?").result()
