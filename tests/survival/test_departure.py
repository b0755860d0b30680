"""A server that goes away before its calls are done tells them so, with their books, and books what it told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

import details
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import Code, Reason
from money.books import priced, row_of


@pytest.fixture
async def leaving(faults: ThreadedFaultProvider, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server whose calls under way have next to no time when it goes."""
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", server={"drain_grace": "100ms"})
    config["idempotency"] = {"linger": "0s"}
    async with running(config) as gateway:
        yield gateway


@pytest.mark.parametrize("more", [{}, {"cache": {"mode": "CACHE_MODE_USE"}}, {"request_id": "r1"}], ids=str)
@pytest.mark.parametrize("model", ["openai/silent", "openai/slow-tokens=100ms+tokens=600"])
async def test_at_the_end_of_the_grace(
    leaving: Gateway, faults: ThreadedFaultProvider, tmp_path: Path, model: str, more: dict[str, Any]
) -> None:
    """Callers of both kinds of call hear UNAVAILABLE with its details, and their books say the same."""
    asked = request(model, **more)
    calls = [leaving.completion.StreamComplete(asked)]
    if not more:
        calls.append(leaving.completion.Complete(asked))
    failing = [asyncio.create_task(details.failure_of(call)) for call in calls]
    await faults.wait_until(lambda attempts: len(attempts) == len(calls))
    await leaving.app.drain(wait=False)
    failures = await asyncio.gather(*failing)

    for failed in failures:
        info = details.detail(failed, error_details_pb2.ErrorInfo)
        assert (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN") == (failed.code(), info.reason)
        books = details.detail(failed, completion_pb2.CompletionFailure).accounting
        row = await row_of(tmp_path / "books.db", books.call_id)
        assert (Code.UNAVAILABLE.value[0], Reason.ERROR_REASON_SHUTTING_DOWN) == (row["code"], row["reason"])
        assert 1 == books.attempts_total == row["attempts"]


async def test_who_left_before(leaving: Gateway, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A call that its caller cancelled while the server was about to go stays CANCELLED in the books."""
    call = leaving.completion.StreamComplete(request("openai/silent"))
    waiting = asyncio.create_task(call.read())
    await faults.wait_until(lambda attempts: len(attempts) == 1)
    call_id = dict(await call.initial_metadata())["llmrpc-call-id"]
    call.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    row = await row_of(tmp_path / "books.db", call_id)
    await leaving.app.drain(wait=False)

    assert (Code.CANCELLED.value[0], Reason.ERROR_REASON_CANCELLED) == (row["code"], row["reason"])
