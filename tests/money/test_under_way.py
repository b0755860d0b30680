"""What the ledger holds of a call under way: the book that it has if its process dies now."""

import asyncio
from pathlib import Path

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import accounting_pb2
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import manner
from money.books import held_in, picked, priced, row_of

ESTIMATED = accounting_pb2.USAGE_SOURCE_ESTIMATED


@pytest.mark.parametrize("model", ["openai/x+slow-tokens=30ms+tokens=200", "anthropic/x+slow-tokens=30ms+tokens=200"])
async def test_an_attempt_under_way(faults: ThreadedFaultProvider, tmp_path: Path, model: str) -> None:
    """It counts at its worst case; what its provider told of it meanwhile adds nothing."""
    file, asked = tmp_path / "books.db", request(model, "a b c d")
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        rpc = gateway.completion.StreamComplete(asked)
        async with asyncio.timeout(20):
            while not (held := held_in(file)):
                await rpc.read()
        rpc.cancel()
        [left] = held
        row = await row_of(file, left["call_id"])

    estimate = estimate_input(asked, manner(*model.split("/")))
    assert (1, estimate, ESTIMATED) == picked(left, "attempts", "input_tokens", "usage_source")
    assert left["attempt_start_us"] >= left["start_us"]
    assert left["cost_picos"] >= row["cost_picos"]


async def test_between_two_attempts(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A call that waits for its next attempt holds what it made so far, and says at whom."""
    file, budgets = tmp_path / "books.db", [{"name": "one", "limit": "1"}]
    async with running(priced(faults, f"sqlite:///{file}", budgets=budgets)) as gateway:
        rpc = gateway.completion.Complete(request("openai/x+status=429+retry-after=3"), timeout=20)
        async with asyncio.timeout(20):
            while not [row for row in held_in(file) if row["attempt_http_status"]]:
                await asyncio.sleep(0.01)
        [left] = held_in(file)
        rpc.cancel()

    assert ("openai", "x+status=429+retry-after=3", 429) == picked(left, "provider", "model", "attempt_http_status")
    assert (1, 0) == picked(left, "attempts", "cost_picos")
