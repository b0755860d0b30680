"""What every provider in the registry costs: the same whole and streamed, and never nothing because a caller left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contract.asking import streamed, whole
from contract.cases import ask
from contract.targets import KINDS, over_faults
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, running
from llmrpc.v1 import accounting_pb2
from llmrpc_server.errors import Reason
from llmrpc_server.money import picos_of
from money.books import all_entered, row_of, rows

EVERY = pytest.mark.parametrize("kind", KINDS)
ESTIMATED, PROVIDER = accounting_pb2.USAGE_SOURCE_ESTIMATED, accounting_pb2.USAGE_SOURCE_PROVIDER
CANCELLED = (Reason.ERROR_REASON_CANCELLED, 1, ESTIMATED)
# Picos a token.
INPUT, OUTPUT = 2_500_000, 10_000_000
PRICES = {"input": "2.50", "output": "10", "cache_read": "1.25"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the ledger is."""
    return tmp_path / "books.db"


@pytest.fixture
async def priced(faults: ThreadedFaultProvider, file: Path) -> AsyncIterator[Gateway]:
    """Run a server with prices for every kind, and a ledger that the test can read."""
    prices = {f"{kind}/*": PRICES for kind in KINDS}
    config = {**over_faults(faults), "prices": prices, "ledger": {"url": f"sqlite:///{file}"}}
    async with running(config) as gateway:
        yield gateway


async def only_row(file: Path) -> dict[str, Any]:
    """Return the row of the one call that was made, once it is there; of one that was cancelled it comes soon after."""
    async with asyncio.timeout(10):
        while not (found := rows(file, "SELECT call_id FROM calls")):
            await asyncio.sleep(0.01)
    (row,) = found
    return await row_of(file, row["call_id"])


@EVERY
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o+burst", "gpt-4o+cached=3+reasoning=6"])
async def test_streamed_costs_what_whole_costs(priced: Gateway, file: Path, kind: str, model: str) -> None:
    """The same answer has the same counts and cost in both ways, told and on the ledger."""
    asked = ask("one two three four", model=f"{kind}/{model}")
    first, second = [(await way(priced, asked)).accounting for way in (whole, streamed)]

    assert first.usage == second.usage
    assert PROVIDER == first.usage.source
    assert first.cost == second.cost
    assert picos_of(first.cost) >= first.usage.output_tokens * OUTPUT > 0
    await all_entered(file)
    assert [picos_of(first.cost)] * 2 == [row["cost_picos"] for row in rows(file, "SELECT * FROM calls")]


@EVERY
async def test_what_is_not_told_is_counted_here(priced: Gateway, file: Path, kind: str) -> None:
    """Where a provider says no counts they are ours, marked so and paid for, the same in both ways."""
    asked = ask("one two three four", model=f"{kind}/gpt-4o+no-usage")
    first, second = [(await way(priced, asked)).accounting for way in (whole, streamed)]

    await all_entered(file)
    for told in (first, second):
        row = await row_of(file, told.call_id)
        assert ESTIMATED == told.usage.source == row["usage_source"]
        cost = told.usage.input_tokens * INPUT + told.usage.output_tokens * OUTPUT
        assert (cost, cost) == (picos_of(told.cost), row["cost_picos"])
    assert first.usage == second.usage
    assert first.usage.input_tokens > 0


@EVERY
async def test_who_leaves_a_stream_has_paid(priced: Gateway, file: Path, kind: str) -> None:
    """What came of a stream whose caller leaves is on the ledger, counted here, and marked so."""
    call = priced.completion.StreamComplete(ask("one two three four", model=f"{kind}/tokens=40+stall@20"), timeout=30)
    words = ""
    async for event in call:
        words += event.part_delta.text
        if len(words.split()) == 20:
            break
    call.cancel()

    row = await only_row(file)
    assert CANCELLED == (row["reason"], row["attempts"], row["usage_source"])
    assert row["output_tokens"] in range(10, 31)
    assert row["input_tokens"] * INPUT + row["output_tokens"] * OUTPUT == row["cost_picos"]
    assert row["input_tokens"] > 0


@EVERY
async def test_who_leaves_before_a_whole_answer_has_paid(
    priced: Gateway, faults: ThreadedFaultProvider, file: Path, kind: str
) -> None:
    """What was asked is on the ledger, counted here, and marked so; what was written of the answer nobody can tell."""
    call = priced.completion.Complete(ask("one two three four", model=f"{kind}/silent"), timeout=30)
    await faults.wait_until(bool)
    call.cancel()

    row = await only_row(file)
    assert CANCELLED == (row["reason"], row["attempts"], row["usage_source"])
    assert (0, row["input_tokens"] * INPUT) == (row["output_tokens"], row["cost_picos"])
    assert row["input_tokens"] > 0
