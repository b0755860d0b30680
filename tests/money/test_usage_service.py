"""UsageService and the commands that ask it, over a real server."""

import base64
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

import details
from client_command import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import usage_pb2, usage_pb2_grpc
from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import ORDINARY
from llmrpc_server.interceptors import auth
from llmrpc_server.money import UNIT, picos_of
from money.books import priced

D = usage_pb2.UsageDimension
_FILTERED = (("QueryUsage", usage_pb2.QueryUsageRequest), ("ListCalls", usage_pb2.ListCallsRequest))


def _token(*last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode()


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server with prices and budgets."""
    budgets = [
        {"name": "acme", "tenant": "acme", "limit": 5, "period": "month"},
        {"name": "search", "label": "team=search", "tokens": 1000, "period": "day", "hard": False},
    ]
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=budgets)) as gateway:
        yield gateway


def usage(gateway: Gateway) -> Any:
    """Return the stub of UsageService."""
    return usage_pb2_grpc.UsageServiceStub(gateway.channel)


async def as_tenant(monkeypatch: pytest.MonkeyPatch, tenant: str, gateway: Gateway, model: str) -> str:
    """Make a call as somebody, who stays the one that calls; return the call's id."""
    monkeypatch.setattr(auth, "DEFAULT", Principal(tenant=tenant, scopes=ORDINARY))
    answer = await gateway.completion.Complete(request(model, labels={"team": "search"}))
    return str(answer.accounting.call_id)


async def test_sums(gateway: Gateway) -> None:
    """Sums by model and route hold what the answers said, hits and failures counted apart."""
    answers = [
        await gateway.completion.Complete(request(model)) for model in ["openai/gpt-4o"] * 2 + ["anthropic/claude"]
    ]
    await details.failure_of(gateway.completion.Complete(request("openai/x+status=400")))

    rows = (await usage(gateway).QueryUsage(usage_pb2.QueryUsageRequest(group_by=[D.USAGE_DIMENSION_MODEL]))).rows
    (total,) = (await usage(gateway).QueryUsage(usage_pb2.QueryUsageRequest())).rows

    assert [("claude", 1, 0), ("gpt-4o", 2, 0), ("x+status=400", 1, 1)] == [
        (row.group[0], row.calls, row.failed_calls) for row in rows
    ]
    assert sum(picos_of(answer.accounting.cost) for answer in answers) == picos_of(total.cost)
    assert sum(answer.accounting.usage.output_tokens for answer in answers) == total.usage.output_tokens
    assert (4, 4, False) == (total.calls, total.attempts, total.cost.incomplete)
    assert 0 < total.p50_duration.ToMicroseconds() <= total.p99_duration.ToMicroseconds()


async def test_one_call_in_full(gateway: Gateway) -> None:
    """GetCall tells every attempt; what it says of the books is what the answer said."""
    asked = request("openai/x+status=503", routing={"fallback_models": ["anthropic/claude"], "max_attempts": 2})
    told = (await gateway.completion.Complete(asked)).accounting

    call = (await usage(gateway).GetCall(usage_pb2.GetCallRequest(call_id=told.call_id))).call
    (listed,) = (await usage(gateway).ListCalls(usage_pb2.ListCallsRequest())).calls

    assert told.usage == call.accounting.usage
    assert told.cost == call.accounting.cost
    assert told.target == call.accounting.target
    assert [(a.number, a.reason, a.usage, a.cost) for a in told.attempts] == [
        (a.number, a.reason, a.usage, a.cost) for a in call.accounting.attempts
    ]
    assert ("llmrpc.v1.CompletionService/Complete", "default", 0) == (call.method, call.tenant, call.code)
    assert (call.call_id, 0, 2) == (listed.call_id, len(listed.accounting.attempts), listed.accounting.attempts_total)


async def test_pages(gateway: Gateway) -> None:
    """Pages hold every row and every call once."""
    for model in ("a", "b", "c"):
        await gateway.completion.Complete(request(f"openai/{model}"))

    groups, calls = [], []
    rows = usage_pb2.QueryUsageRequest(group_by=[D.USAGE_DIMENSION_MODEL], page_size=2)
    listing = usage_pb2.ListCallsRequest(page_size=2)
    for _ in range(2):
        page = await usage(gateway).QueryUsage(rows)
        groups += [row.group[0] for row in page.rows]
        rows.page_token = page.next_page_token
        listed = await usage(gateway).ListCalls(listing)
        calls += [call.accounting.target.model for call in listed.calls]
        listing.page_token = listed.next_page_token

    assert (["a", "b", "c"], ["c", "b", "a"]) == (groups, calls)
    assert ("", "") == (rows.page_token, listing.page_token)


@pytest.mark.parametrize(
    ("method", "asked", "fields"),
    [
        ("QueryUsage", usage_pb2.QueryUsageRequest(group_by=[D.USAGE_DIMENSION_UNSPECIFIED]), ["group_by[0]"]),
        ("QueryUsage", usage_pb2.QueryUsageRequest(group_by=[D.USAGE_DIMENSION_LABEL]), ["label"]),
        ("QueryUsage", usage_pb2.QueryUsageRequest(page_size=-1, page_token="x"), ["page_size", "page_token"]),
        ("ListCalls", usage_pb2.ListCallsRequest(page_token="WzFd"), ["page_token"]),
        ("GetCall", usage_pb2.GetCallRequest(), ["call_id"]),
        ("GetCall", usage_pb2.GetCallRequest(call_id="a\0"), ["call_id"]),
        ("ListBudgets", usage_pb2.ListBudgetsRequest(tenants=["a", "\0"]), ["tenants[1]"]),
        ("QueryUsage", usage_pb2.QueryUsageRequest(label="\0"), ["label"]),
        ("ListCalls", usage_pb2.ListCallsRequest(page_token=_token("9" * 30, "c")), ["page_token"]),
        ("ListCalls", usage_pb2.ListCallsRequest(page_token=_token("9", "\0")), ["page_token"]),
        ("ListCalls", usage_pb2.ListCallsRequest(page_token=_token("\N{SUPERSCRIPT TWO}", "c")), ["page_token"]),
        ("ListCalls", usage_pb2.ListCallsRequest(page_token=_token("9", "\ud800")), ["page_token"]),
        ("QueryUsage", usage_pb2.QueryUsageRequest(page_token=base64.b64encode(b"[" * 9999).decode()), ["page_token"]),
        *(
            (method, asked(filter=filter_), [f"filter.{field}"])
            for field, filter_ in (
                ("users", usage_pb2.UsageFilter(users=["u"] * 1001)),
                ("reasons", usage_pb2.UsageFilter(reasons=[1] * 1001)),  # type: ignore[list-item]
                ("labels", usage_pb2.UsageFilter(labels={str(number): "" for number in range(65)})),
                ("end_time", usage_pb2.UsageFilter(end_time=Timestamp(nanos=-1))),
            )
            for method, asked in _FILTERED
        ),
        *(
            (method, asked(filter=usage_pb2.UsageFilter(**{name: ["a", "b\0"]})), [f"filter.{name}[1]"])  # type: ignore[arg-type]
            for name in ("tenants", "users", "keys", "providers", "models", "routes", "prompts")
            for method, asked in _FILTERED
        ),
        *(
            (method, asked(filter=usage_pb2.UsageFilter(labels={name: value})), [f'filter.labels["{told}"]'])
            for name, value, told in (("a\0", "b", "a\\0"), ("a", "\0", "a"))
            for method, asked in _FILTERED
        ),
        *(
            (method, asked(filter=usage_pb2.UsageFilter(**{name: Timestamp(seconds=1 << 60)})), [f"filter.{name}"])  # type: ignore[arg-type]
            for name in ("start_time", "end_time")
            for method, asked in _FILTERED
        ),
    ],
)
async def test_bad_questions(gateway: Gateway, method: str, asked: Any, fields: list[str]) -> None:
    """A wrong field is named."""
    failed = await details.failure_of(getattr(usage(gateway), method)(asked))

    assert grpc.StatusCode.INVALID_ARGUMENT == failed.code()
    assert fields == [one.field for one in details.detail(failed, error_details_pb2.BadRequest).field_violations]


async def test_another_tenant_is_not_there(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a tenant asks, it finds nothing of another's: no sum, no call, no budget, and no hint of them."""
    theirs = await as_tenant(monkeypatch, "acme", gateway, "openai/secret-model")
    await as_tenant(monkeypatch, "globex", gateway, "openai/gpt-4o")
    stub = usage(gateway)

    for tenants in ([], ["globex"], ["acme"], ["acme", "globex"], [""]):
        asked = usage_pb2.UsageFilter(tenants=tenants)
        rows = (
            await stub.QueryUsage(
                usage_pb2.QueryUsageRequest(filter=asked, group_by=[D.USAGE_DIMENSION_TENANT, D.USAGE_DIMENSION_MODEL])
            )
        ).rows
        calls = (await stub.ListCalls(usage_pb2.ListCallsRequest(filter=asked))).calls
        budgets = (await stub.ListBudgets(usage_pb2.ListBudgetsRequest(tenants=tenants))).budgets
        assert {("globex", "gpt-4o")} >= {tuple(row.group) for row in rows}
        assert {"globex"} >= {call.tenant for call in calls}
        assert [] == list(budgets)
        assert bool(rows) == bool(calls) == ("globex" in tenants or not tenants)
    failures = [
        await details.failure_of(stub.GetCall(usage_pb2.GetCallRequest(call_id=call_id))) for call_id in (theirs, "no")
    ]
    assert [(grpc.StatusCode.NOT_FOUND, "the ledger has no such call")] * 2 == [
        (failed.code(), failed.details()) for failed in failures
    ]


async def test_budgets_are_listed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget tells what is spent and left of it, used or not; a tenant sees those that bind it alone."""
    await as_tenant(monkeypatch, "acme", gateway, "openai/gpt-4o")
    (own,) = (await usage(gateway).ListBudgets(usage_pb2.ListBudgetsRequest())).budgets
    monkeypatch.setattr(auth, "DEFAULT", Principal(scopes=frozenset({"admin"})))
    everyones = (await usage(gateway).ListBudgets(usage_pb2.ListBudgetsRequest())).budgets

    assert ("acme", "tenant:acme", "month", True) == (own.name, own.subject, own.period, own.hard)
    assert (5 * UNIT, 0) == (picos_of(own.limit), picos_of(own.reserved))
    assert 0 < picos_of(own.spent)
    assert ["acme", "search"] == [budget.name for budget in everyones]
    assert (1000, False) == (everyones[1].token_limit, everyones[1].hard)
    assert everyones[1].tokens_spent > 0


async def test_the_commands(gateway: Gateway) -> None:
    """`llmrpc usage` and `llmrpc calls` tell what the service tells, for people and for programs."""
    for number in range(3):
        answer = await gateway.completion.Complete(request("openai/gpt-4o", labels={"team": f"t{number % 2}"}))
    call_id = answer.accounting.call_id
    address = ("--address", gateway.address)

    table = await llmrpc("usage", "--by", "label:team", "--since", "1h", *address)
    comma = await llmrpc("usage", "--by", "model", "--csv", *address)
    plain = json.loads(await llmrpc("usage", "--json", *address))
    listed = await llmrpc("calls", "-n", "2", *address)
    story = await llmrpc("calls", call_id, *address)
    budgets = await llmrpc("usage", "budgets", *address)

    assert [["team", "calls"], ["t0", "2"], ["t1", "1"]] == [line.split("\t")[:2] for line in table.splitlines()]
    (row,) = csv.DictReader(io.StringIO(comma))
    assert ("gpt-4o", "3", "0") == (row["model"], row["calls"], row["failed"])
    assert "3" == plain["rows"][0]["calls"]
    assert 2 == len(listed.splitlines())
    assert listed.splitlines()[0].split("\t")[1] == call_id
    assert "answered by   openai/gpt-4o" in story.splitlines()
    assert "  1. first · openai/gpt-4o · answered · " in story
    assert "search (soft) of label:team=search by day: 0 of 1,000 tokens spent" in budgets
