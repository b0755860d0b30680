"""Calls that share a run: what is held for it passes from one call to the next, with the books."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration

from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import completion_pb2
from money.books import OPENAI_OUTPUT, priced, row_of, rows


def budget(file: Path) -> tuple[int, int]:
    """Return what is spent and reserved of the budget."""
    [row] = rows(file, "SELECT * FROM budget_periods") or [{"spent_picos": 0, "reserved_picos": 0}]
    return row["spent_picos"], row["reserved_picos"]


def holders(file: Path) -> list[str]:
    """Return the calls that hold something."""
    return [row["call_id"] for row in rows(file, "SELECT * FROM holds")]


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def drained(rpc: Any) -> None:
    """Read a stream to its end."""
    async for _ in rpc:
        pass


async def test_the_first_caller_leaves(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The worst case of a shared attempt stays held when the call that began it leaves: the next one pays for it."""
    file = tmp_path / "books.db"
    cache = completion_pb2.CachePolicy(mode=completion_pb2.CACHE_MODE_USE, ttl=Duration(seconds=60))
    asked = request("openai/x+tokens=50+slow-tokens=60ms", config={"max_output_tokens": 50}, cache=cache)
    config = priced(faults, f"sqlite:///{file}", budgets=[{"name": "b", "limit": "10"}])
    async with running(config) as gateway:
        first = gateway.completion.StreamComplete(asked)
        await anext(aiter(first))
        second = gateway.completion.StreamComplete(asked)
        await anext(aiter(second))
        ids = [dict(await rpc.initial_metadata())["llmrpc-call-id"] for rpc in (first, second)]
        held = budget(file)
        assert ids[:1] == holders(file)

        first.cancel()
        left = await row_of(file, ids[0])
        await until(lambda: ids[1:] == holders(file))
        assert not second.done()
        assert held == budget(file)

        await drained(second)
        await until(lambda: not holders(file))

    kept = await row_of(file, ids[1])
    assert (0, 0) == (left["cost_picos"], left["attempts"])
    assert 50 * OPENAI_OUTPUT < kept["cost_picos"] <= held[1]
    assert (kept["cost_picos"], 0) == budget(file)
    assert 1 == len(faults.attempts)
