"""What a caller is told where a budget has no room for its call: what there is, what it needs, and until when."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from google.rpc import error_details_pb2

import details
from cache.calls import asked
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.budgets import Claim, Period, period_start
from llmrpc_server.call import Call
from llmrpc_server.interceptors import auth
from llmrpc_server.ledger.budget_errors import exceeded
from llmrpc_server.ledger.entries import Amount, Refusal
from money.books import priced

# 2026-02-03T04:05:06Z
_MOMENT = 1_770_091_506_000_000
_OUTPUT_ALONE = {"openai/*": {"input": 0, "output": 10}}


async def test_the_numbers(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The message has the limit, what is spent of it and held for others, and the worst case of the call."""
    budget = {"name": "b", "tenant": "default", "limit": "0.0022", "period": "total"}
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", prices=_OUTPUT_ALONE, budgets=[budget])
    async with running(config) as gateway:
        await gateway.completion.Complete(request("openai/x+tokens=30", config={"max_output_tokens": 100}))
        under_way = gateway.completion.Complete(request("openai/silent", config={"max_output_tokens": 100}))
        waiting = asyncio.ensure_future(under_way)
        await faults.wait_until(lambda attempts: len(attempts) == 2)
        failed = await details.failure_of(
            gateway.completion.Complete(request("openai/x", config={"max_output_tokens": 100}))
        )
        under_way.cancel()
        await asyncio.wait([waiting])

    assert (
        'the budget "b" of tenant:default has no room for the worst case of this call, 0.001 USD: '
        "of 0.0022 USD in all, 0.0003 USD spent and 0.001 USD held for calls under way"
    ) == failed.details()


def _told(claim: Claim, *scopes: str) -> str:
    """Return what a caller with these scopes is told."""

    async def nothing() -> None:
        """Commit nothing."""

    wanted = completion_pb2.CompleteRequest()
    principal = Principal("acme", scopes=frozenset(scopes))
    call = Call("1", wanted, streaming=False, principal=principal, commit=nothing, deadline=None)
    return exceeded(Refusal(claim, Amount(7, 4000), Amount(2, 500), Amount(5, 1041)), call).message


@pytest.mark.parametrize(
    ("renewed", "often", "begins"),
    [
        ("hour", "an hour", "; the next hour begins at 2026-02-03 05:00 UTC"),
        ("day", "a day", "; the next day begins at 2026-02-04 00:00 UTC"),
        ("month", "a month", "; the next month begins at 2026-03-01 00:00 UTC"),
        ("total", "in all", ""),
    ],
)
def test_until_when(renewed: str, often: str, begins: str) -> None:
    """A budget of tokens is told in tokens, and each with the moment at which its next period begins."""
    period = Period("b", "acme", "user:u1", period_start(renewed, _MOMENT))

    assert (
        'the budget "b" of user:u1 has no room for the worst case of this call, 1,041 tokens: '
        f"of 5,000 tokens {often}, 4,000 tokens spent and 500 tokens held for calls under way{begins}"
    ) == _told(Claim(period, None, 5000, hard=True, renewed=renewed), "complete")


@pytest.mark.parametrize("subject", ["all", "label:team=a", "user:u1"])
def test_a_budget_over_all_tenants(subject: str) -> None:
    """What others spent of it is told to those alone who may see every tenant's books."""
    claim = Claim(Period("b", "", subject, 0), 10**12, None, hard=True)
    begin = f'the budget "b" of {subject} has no room for the worst case of this call, 0.000000000005 USD: '

    assert begin + "of 1.00 USD in all, which other tenants share, too little is left" == _told(claim, "usage")
    assert begin + (
        "of 1.00 USD in all, 0.000000000007 USD spent and 0.000000000002 USD held for calls under way"
    ) == _told(claim, "admin")


async def test_nobody_is_told_of_anothers(
    faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where tenants share a run that the budget of one ends, the other hears of no tenant, budget or number."""
    faults.script("m1", ["tokens=9+slow-tokens=400ms+cut@5", "ok"])
    budget = {"name": "b", "tenant": "acme", "limit": "0.0012"}
    routes = {"shared": {"targets": ["openai/m1"], "cache": {"shared": True}}}
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", prices=_OUTPUT_ALONE)
    config["routes"] |= routes
    restart = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)
    wanted: Any = asked("shared", config={"max_output_tokens": 119}, stream=restart)
    streams = []
    async with running({**config, "budgets": [budget]}) as gateway:
        for tenant in ("acme", "umbrella"):
            monkeypatch.setattr(auth, "DEFAULT", Principal(tenant, scopes=frozenset({"complete"})))
            streams.append(aiter(gateway.completion.StreamComplete(wanted, timeout=30)))
            while not (await anext(streams[-1])).HasField("part_delta"):
                pass
        own, other = [await details.failure_of(details.drained(stream)) for stream in streams]

    assert ["BUDGET_EXCEEDED"] * 2 == [details.detail(one, error_details_pb2.ErrorInfo).reason for one in (own, other)]
    assert 'the budget "b" of tenant:acme has no room' in str(own.details())
    assert "a call that shares this one's run met a budget of its own" == other.details()
    assert (True, False) == (b"acme" in details.raw(own), b"acme" in details.raw(other))
