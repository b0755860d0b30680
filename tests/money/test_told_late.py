"""A call that had failed when its time came, and only waited for its book, tells what stands in the book."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

import details
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc_server.errors import Code, Reason
from money.books import priced, row_of


@pytest.mark.parametrize("streaming", [True, False])
async def test_the_failure_is_told(faults: ThreadedFaultProvider, tmp_path: Path, streaming: bool) -> None:
    """While the database takes its time the deadline passes: the caller still hears of the provider's refusal."""
    file = tmp_path / "books.db"
    # Its book is entered in the database before it is reported done.
    config = priced(faults, f"sqlite:///{file}", budgets=[{"name": "b", "limit": 10}])
    async with running(config) as gateway:
        method = gateway.completion.StreamComplete if streaming else gateway.completion.Complete
        asked = request("openai/slow-headers=400ms+status=400")
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
            failing = asyncio.create_task(details.failure_of(method(asked, timeout=1.5)))
            await faults.wait_until(lambda attempts: len(attempts) == 1)
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            failed = await failing
            other.execute("COMMIT")
        info = details.detail(failed, error_details_pb2.ErrorInfo)
        row = await row_of(file, info.metadata["call_id"])

    assert (grpc.StatusCode.INVALID_ARGUMENT, "PROVIDER_INVALID_REQUEST") == (failed.code(), info.reason)
    assert (Code.INVALID_ARGUMENT.value[0], Reason.ERROR_REASON_PROVIDER_INVALID_REQUEST) == (
        row["code"],
        row["reason"],
    )
