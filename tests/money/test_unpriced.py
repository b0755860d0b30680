"""A target whose price nobody knows is left out where money bounds the call, as one that cannot be asked."""

from pathlib import Path
from typing import Any

import pytest
from google.rpc import error_details_pb2

import details
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from money.books import attempts_of, priced, row_of

_PRICES = {"anthropic/*": {"input": 3, "output": 15}}
_MONEY = [{"name": "b", "limit": 1, "period": "total"}]
_TOKENS = [{"name": "b", "tokens": 100_000, "period": "total"}]
_SOFT = [{"name": "b", "limit": 1, "period": "total", "hard": False}]


def _config(faults: ThreadedFaultProvider, folder: Path, budgets: list[dict[str, Any]]) -> dict[str, Any]:
    routes = {
        "two": ["openai/x", "anthropic/y"],
        "three": ["anthropic/y+status=429", "openai/x", "anthropic/z+cut@3"],
        "none": ["openai/x"],
    }
    return priced(faults, f"sqlite:///{folder}/books.db", prices=_PRICES, budgets=budgets, routes=routes)


@pytest.mark.parametrize(
    ("budgets", "bound", "asked"),
    [(_MONEY, {}, "y"), ([], {"max_cost_picos": 10**12}, "y"), (_TOKENS, {}, "x"), (_SOFT, {}, "x"), ([], {}, "x")],
    ids=["money", "the request's own", "tokens", "soft", "none"],
)
async def test_a_priced_target_follows(
    faults: ThreadedFaultProvider, tmp_path: Path, budgets: list[dict[str, Any]], bound: dict[str, int], asked: str
) -> None:
    """The next target answers, and has the whole call; where money bounds nothing the first one is asked."""
    async with running(_config(faults, tmp_path, budgets)) as gateway:
        answer = await gateway.completion.Complete(request("two", **bound))

    assert asked == answer.accounting.target.model
    assert [asked] == [attempt.model for attempt in faults.attempts]


async def test_nobody_counts_on_it(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """What stands in the books of a call that failed everywhere names those alone that were asked."""
    async with running(_config(faults, tmp_path, _MONEY)) as gateway:
        failed = await details.failure_of(gateway.completion.Complete(request("three")))
        info = details.detail(failed, error_details_pb2.ErrorInfo)
        call_id = info.metadata["call_id"]
        await row_of(tmp_path / "books.db", call_id)

    assert "PROVIDER_RATE_LIMITED" == info.reason
    assert {"y+status=429", "z+cut@3"} == {row["model"] for row in attempts_of(tmp_path / "books.db", call_id)}


async def test_the_cache(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A stored answer of the target that is asked is served."""
    async with running(_config(faults, tmp_path, _MONEY)) as gateway:
        for _ in range(2):
            await gateway.completion.Complete(request("two", cache={"mode": "CACHE_MODE_USE"}))

    assert 1 == len(faults.attempts)


async def test_no_target_is_left(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Where none has a price the call is refused, before anything is sent."""
    async with running(_config(faults, tmp_path, _MONEY)) as gateway:
        failed = await details.failure_of(gateway.completion.Complete(request("none")))

    assert 'openai/x has no known price, and the budget "b" is one of money' == failed.details()
    assert "BUDGET_EXCEEDED" == details.detail(failed, error_details_pb2.ErrorInfo).reason
    assert [] == faults.attempts
