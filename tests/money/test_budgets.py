"""Budgets of real calls: never above, and nothing stays reserved."""

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

import details
from cache.calls import HIT, JOINED, MISS, asked, complete
from contract.asking import Ask, streamed, whole
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc_server.access.principal import Principal
from llmrpc_server.budgets import Budgets, period_end, period_start
from llmrpc_server.config import BudgetSettings
from llmrpc_server.interceptors import auth
from money.books import priced, rows

_DAY = 86_400_000_000
# 2026-02-03T04:05:06Z
_MOMENT = 1_770_091_506_000_000


async def outcome(stub: Any, asked: Any) -> str:
    """Return how a call ends."""
    try:
        await stub.Complete(asked)
    except grpc.aio.AioRpcError as error:
        failure = error
    else:
        return "OK"
    assert grpc.StatusCode.RESOURCE_EXHAUSTED == failure.code()
    return str(details.detail(failure, error_details_pb2.ErrorInfo).reason)


@pytest.mark.parametrize("ask", [whole, streamed])
async def test_what_is_refused_was_not_sent(faults: ThreadedFaultProvider, tmp_path: Path, ask: Ask) -> None:
    """A call that does not fit is refused before its provider is asked, with the budget's name; it costs nothing."""
    file = tmp_path / "books.db"
    budgets = [{"name": "small", "label": "team=a", "limit": "0.000001"}]
    async with running(priced(faults, f"sqlite:///{file}", budgets=budgets)) as gateway:
        failed = await details.failure_of(ask(gateway, request("openai/x", labels={"team": "a"})))
        await ask(gateway, request("openai/x", labels={"team": "b"}))

    quota = details.detail(failed, error_details_pb2.QuotaFailure).violations[0]
    assert ("label:team=a", "small") == (quota.subject, quota.description)
    assert 1 == len(faults.attempts)
    assert [(8, 0, 0), (0, 1, 1)] == [
        (row["code"], row["attempts"], int(row["cost_picos"] > 0))
        for row in rows(file, "SELECT * FROM calls ORDER BY start_us")
    ]


async def test_a_providers_own_options_are_reserved(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """What the options of the provider that is asked can make it read is in the worst case; others' are not."""
    budgets = [{"name": "small", "limit": "0.02"}]
    options = json.dumps({"metadata": {"told": "a" * 10_000}})
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=budgets)) as gateway:
        asked, refused = (
            request("openai/x", config={"max_output_tokens": 10}, provider_options_json={name: options})
            for name in ("anthropic", "openai")
        )
        told = [await outcome(gateway.completion, one) for one in (asked, refused)]

    assert ["OK", "BUDGET_EXCEEDED"] == told
    assert 1 == len(faults.attempts)


async def test_a_soft_budget_warns(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Beyond a soft budget calls are answered, with a warning, and are counted."""
    budgets = [{"name": "soft", "limit": "0.0001", "hard": False}]
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=budgets)) as gateway:
        answers = [
            await gateway.completion.Complete(request("openai/x+tokens=10", config={"max_output_tokens": limit}))
            for limit in (1, 10)
        ]

    assert [[], [("BUDGET_EXCEEDED", 'the soft budget "soft" of all is used up')]] == [
        [(warning.reason, warning.text) for warning in answer.warnings] for answer in answers
    ]


async def test_a_soft_budgets_warning_is_its_own_callers(
    faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who shares the run of a call over its budget, or is served what that kept, is told nothing of it."""
    budgets = [{"name": "soft", "tenant": "acme", "limit": "0.000001", "hard": False}]
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=budgets)
    config["routes"]["shared"] = {"targets": ["openai/slow-headers=1s"], "cache": {"shared": True}}
    calls = []
    async with running(config) as gateway:
        for tenant in ("acme", "umbrella"):
            monkeypatch.setattr(auth, "DEFAULT", Principal(tenant, scopes=frozenset({"complete"})))
            calls.append(gateway.completion.Complete(asked("shared")))
            await faults.wait_until(lambda attempts: len(attempts) == 1)
        own, joined = [await call for call in calls]
        served = await complete(gateway, asked("shared"))

    assert [MISS, JOINED, HIT] == [answer.accounting.cache.status for answer in (own, joined, served)]
    assert [["BUDGET_EXCEEDED"], [], []] == [
        [warning.reason for warning in answer.warnings] for answer in (own, joined, served)
    ]


async def test_an_unknown_price_under_a_hard_budget(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """What has no price is refused under a hard budget of money, and goes on under a soft one or one of tokens."""
    for budget, expected in (
        ({"limit": 1}, "BUDGET_EXCEEDED"),
        ({"limit": 1, "hard": False}, "OK"),
        ({"tokens": 100_000}, "OK"),
    ):
        config = priced(faults, f"sqlite:///{tmp_path}/books.db", prices={}, budgets=[{"name": "b", **budget}])
        async with running(config) as gateway:
            assert expected == await outcome(gateway.completion, request("openai/x"))


async def test_output_is_limited_where_nobody_limits_it(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Under a hard budget a request without a limit of its own gets one, so that its worst case is one."""
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=[{"name": "b", "limit": 100}])
    async with running(config) as gateway:
        await gateway.completion.Complete(request("openai/x"))

    assert 4096 == faults.attempts[-1].body["max_completion_tokens"]


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({}, "all"),
        ({"tenant": "acme"}, "tenant:acme"),
        ({"tenant": "*"}, "tenant:acme"),
        ({"tenant": "other"}, None),
        ({"user": "*"}, "user:u1"),
        ({"user": "u2"}, None),
        ({"key": "k1"}, "key:k1"),
        ({"label": "team"}, "label:team=search"),
        ({"label": "team=search", "tenant": "acme"}, "label:team=search"),
        ({"label": "team=ads"}, None),
        ({"label": "env"}, None),
    ],
)
def test_whom_a_budget_binds(settings: dict[str, str], subject: str | None) -> None:
    """A budget binds calls by tenant, user, key or label; "*" binds each by itself."""
    budget = BudgetSettings.model_validate({"name": "b", "limit": 1, **settings})

    claims = Budgets([budget]).claims(tenant="acme", user="u1", key="k1", labels={"team": "search"}, start_us=_MOMENT)

    assert ([] if subject is None else [subject]) == [claim.period.subject for claim in claims]


def test_a_user_that_no_credential_vouches_for() -> None:
    """Calls without a user of their own do not count against the budgets of users."""
    budget = BudgetSettings.model_validate({"name": "b", "limit": 1, "user": "*"})

    assert () == Budgets([budget]).claims(tenant="t", user="", key="", labels={}, start_us=_MOMENT)


@pytest.mark.parametrize(
    ("period", "start", "length"),
    [
        ("hour", _MOMENT - 306_000_000, 3_600_000_000),
        ("day", _MOMENT - 14_706_000_000, _DAY),
        ("month", _MOMENT - 14_706_000_000 - 2 * _DAY, 28 * _DAY),
    ],
)
def test_periods(period: str, start: int, length: int) -> None:
    """Hours, days and months are those of UTC."""
    assert start == period_start(period, _MOMENT)
    assert start + length == period_end(period, start)
    assert (0, None) == (period_start("total", _MOMENT), period_end("total", 0))
