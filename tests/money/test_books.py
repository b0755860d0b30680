"""What stands on the ledger after each way in which a call can end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client import generate_latest

import details
import loopback
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.errors import Reason
from llmrpc_server.money import picos_of
from money.books import (
    ANTHROPIC_INPUT,
    ANTHROPIC_OUTPUT,
    OPENAI_INPUT,
    OPENAI_OUTPUT,
    all_entered,
    attempts_of,
    picked,
    priced,
    row_of,
    rows,
)

PROVIDER, ESTIMATED = accounting_pb2.USAGE_SOURCE_PROVIDER, accounting_pb2.USAGE_SOURCE_ESTIMATED


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the ledger is."""
    return tmp_path / "books.db"


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider, file: Path) -> AsyncIterator[Gateway]:
    """Run the server with prices and a ledger that the test can read."""
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        yield gateway


async def call_id(rpc: Any) -> str:
    """Return the id of a call, from its first metadata."""
    return str(dict(await rpc.initial_metadata())["llmrpc-call-id"])


async def streamed(rpc: Any) -> Any:
    """Read a stream to its end; return the last event."""
    return [event async for event in rpc][-1]


async def test_an_answer(gateway: Gateway, file: Path) -> None:
    """An answer's row has who, what, the counts that the provider said, and the cost that the caller was told."""
    answer = await gateway.completion.Complete(request("openai/gpt-4o", user="u-1", labels={"team": "search"}))

    books = answer.accounting
    row = await row_of(file, books.call_id)
    cost = books.usage.input_tokens * OPENAI_INPUT + books.usage.output_tokens * OPENAI_OUTPUT
    assert cost > 0
    assert (cost, cost, False) == (row["cost_picos"], picos_of(books.cost), books.cost.incomplete)
    assert ("default", "u-1", "openai/gpt-4o", '{"team": "search"}') == picked(row, "tenant", "user", "route", "labels")
    assert ("openai", "gpt-4o", 1, 0, 0, PROVIDER) == picked(
        row, "provider", "model", "attempts", "code", "reason", "usage_source"
    )
    (attempt,) = attempts_of(file, books.call_id)
    assert (1, 0, row["cost_picos"]) == picked(attempt, "number", "reason", "cost_picos")


@pytest.mark.parametrize("model", ["openai/gpt-4o+cached=3", "anthropic/claude+cached=3", "openai/gpt-4o+reasoning=6"])
async def test_streamed_costs_what_unary_costs(gateway: Gateway, file: Path, model: str) -> None:
    """The same answer costs the same, streamed or not, on the ledger and as the caller is told."""
    unary = await gateway.completion.Complete(request(model))
    stream = (await streamed(gateway.completion.StreamComplete(request(model)))).completed

    assert unary.accounting.usage == stream.accounting.usage
    assert unary.accounting.cost == stream.accounting.cost
    first, second = [await row_of(file, answer.accounting.call_id) for answer in (unary, stream)]
    assert first["cost_picos"] == second["cost_picos"] == picos_of(unary.accounting.cost)


async def test_failed_over(gateway: Gateway, file: Path) -> None:
    """Of a call that failed over each attempt has its row: the refused one cost nothing, the other what it used."""
    answer = await gateway.completion.Complete(
        request("openai/x+status=503", routing={"fallback_models": ["anthropic/claude"], "max_attempts": 2})
    )

    await all_entered(file)
    refused, answered = attempts_of(file, answer.accounting.call_id)
    assert ("openai", 503, Reason.ERROR_REASON_PROVIDER_UNAVAILABLE, 0, None) == picked(
        refused, "provider", "http_status", "reason", "cost_picos", "input_tokens"
    )
    usage = answer.accounting.usage
    cost = usage.input_tokens * ANTHROPIC_INPUT + usage.output_tokens * ANTHROPIC_OUTPUT
    assert ("anthropic", 0, cost) == picked(answered, "provider", "reason", "cost_picos")
    assert (cost, 2, 0) == picked(await row_of(file, answer.accounting.call_id), "cost_picos", "attempts", "code")


async def test_a_continuation_reads_what_it_goes_on_from(gateway: Gateway, file: Path) -> None:
    """The attempt that goes on from a begun answer is estimated with that as input, where its provider counts none."""
    asked = request(
        "openai/x+tokens=200+slow-tokens=5ms+cut@100",
        routing={"fallback_models": ["anthropic/x+no-usage"]},
        stream={"on_interruption": completion_pb2.INTERRUPTION_POLICY_CONTINUE},
    )
    last = await streamed(gateway.completion.StreamComplete(asked))
    await all_entered(file)
    [broken, continued] = attempts_of(file, last.completed.accounting.call_id)

    assert ESTIMATED == continued["usage_source"]
    assert continued["input_tokens"] - broken["input_tokens"] > 0.8 * broken["output_tokens"] > 10


async def test_interrupted(gateway: Gateway, file: Path) -> None:
    """A stream that broke off is paid for: what came is counted here, marked so, and its caller is told."""
    rpc = gateway.completion.StreamComplete(
        request("openai/x+tokens=40+cut@20", routing={"max_attempts": 1}, stream={"on_interruption": 1})
    )
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await streamed(rpc)

    row = await row_of(file, await call_id(rpc))
    assert (Reason.ERROR_REASON_PROVIDER_STREAM_BROKEN, 14, ESTIMATED) == picked(row, "reason", "code", "usage_source")
    assert row["output_tokens"] in range(1, 31)
    assert row["input_tokens"] * OPENAI_INPUT + row["output_tokens"] * OPENAI_OUTPUT == row["cost_picos"]
    told = details.detail(failed.value, completion_pb2.CompletionFailure).accounting
    assert (row["cost_picos"], ESTIMATED) == (picos_of(told.cost), told.usage.source)


@pytest.mark.parametrize("model", ["openai/x+slow-tokens=30ms+tokens=200", "anthropic/x+slow-tokens=30ms+tokens=200"])
async def test_cancelled(gateway: Gateway, file: Path, model: str) -> None:
    """A call whose caller leaves has a row with what came until then, counted here where the provider did not say."""
    rpc = gateway.completion.StreamComplete(request(model))
    seen = 0
    async for event in rpc:
        seen += event.HasField("part_delta")
        if seen == 5:
            break
    number = await call_id(rpc)
    rpc.cancel()

    row = await row_of(file, number)
    assert (1, Reason.ERROR_REASON_CANCELLED, 1, ESTIMATED) == picked(row, "code", "reason", "attempts", "usage_source")
    assert row["output_tokens"] in range(3, 40)
    assert row["cost_picos"] > 0
    assert Reason.ERROR_REASON_CANCELLED == attempts_of(file, number)[0]["reason"]


async def test_deadline(gateway: Gateway, file: Path) -> None:
    """A call that ran out of time is on the ledger, and what was asked is paid for."""
    rpc = gateway.completion.Complete(request("openai/x+silent"), timeout=1)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await rpc

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    row = await row_of(file, await call_id(rpc), seconds=2)
    assert (4, Reason.ERROR_REASON_DEADLINE_EXCEEDED, ESTIMATED, 0) == picked(
        row, "code", "reason", "usage_source", "output_tokens"
    )
    assert row["input_tokens"] * OPENAI_INPUT == row["cost_picos"] > 0


async def test_failed(gateway: Gateway, file: Path) -> None:
    """A call that every target refused is on the ledger with its attempts, and cost nothing."""
    rpc = gateway.completion.Complete(request("openai/x+status=400"))
    with pytest.raises(grpc.aio.AioRpcError):
        await rpc

    row = await row_of(file, await call_id(rpc))
    assert (3, Reason.ERROR_REASON_PROVIDER_INVALID_REQUEST, 0, 1) == picked(
        row, "code", "reason", "cost_picos", "attempts"
    )


async def test_a_connection_that_ends_without_an_answer(faults: ThreadedFaultProvider, file: Path) -> None:
    """A provider that got the request is paid for the input, as estimated; one that could not be reached is not."""
    config = priced(faults, f"sqlite:///{file}")
    config["providers"]["anthropic"]["base_url"] = "http://127.0.0.1:9"
    async with loopback.listening(loopback.saying()) as address:
        config["providers"]["openai"]["base_url"] = address
        async with running(config) as gateway:
            once = {"max_attempts": 1}
            for model in ("openai/x", "anthropic/x"):
                await details.failure_of(gateway.completion.Complete(request(model, "a b c d", routing=once)))

    [sent, unsent] = rows(file, "SELECT * FROM calls ORDER BY start_us")
    assert Reason.ERROR_REASON_PROVIDER_CONNECTION == sent["reason"] == unsent["reason"]
    assert sent["cost_picos"] == sent["input_tokens"] * OPENAI_INPUT > 0
    assert accounting_pb2.USAGE_SOURCE_ESTIMATED == sent["usage_source"]
    assert 0 == unsent["cost_picos"]


async def test_what_no_provider_saw(gateway: Gateway, file: Path) -> None:
    """A call that no provider saw costs nothing, and one that was refused as malformed is on no ledger."""
    for asked in (request("nobody/x"), request("openai/x", max_cost_picos=-1)):
        with pytest.raises(grpc.aio.AioRpcError):
            await gateway.completion.Complete(asked)
    with pytest.raises(grpc.aio.AioRpcError):
        await gateway.completion.Complete(request("openai/x", max_cost_picos=1))

    await all_entered(file)
    (row,) = rows(file, "SELECT * FROM calls")
    assert (8, Reason.ERROR_REASON_COST_LIMIT_REACHED, 0, 0) == picked(row, "code", "reason", "cost_picos", "attempts")


async def test_without_usage(gateway: Gateway, file: Path) -> None:
    """An answer whose provider says no counts is counted here, streamed or not, and marked so."""
    answer = await gateway.completion.Complete(request("openai/x+no-usage"))
    stream = (await streamed(gateway.completion.StreamComplete(request("openai/x+no-usage")))).completed

    for books in (answer.accounting, stream.accounting):
        row = await row_of(file, books.call_id)
        assert ESTIMATED == row["usage_source"] == books.usage.source
        assert row["cost_picos"] == picos_of(books.cost) > 0


async def test_an_unknown_price(faults: ThreadedFaultProvider, file: Path) -> None:
    """Where no price is known there is no cost, on the ledger and in the answer: not one of zero."""
    async with running(priced(faults, f"sqlite:///{file}", prices={})) as gateway:
        answer = await gateway.completion.Complete(request("openai/gpt-4o"))

        metrics = generate_latest(gateway.app.metrics.registry).decode()

    target = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"'
    assert f"llmrpc_unpriced_attempts_total{{{target}}} 1.0" in metrics.splitlines()
    assert not answer.accounting.HasField("cost")
    assert None is (await row_of(file, answer.accounting.call_id))["cost_picos"]


async def test_a_price_change_rewrites_nothing(faults: ThreadedFaultProvider, file: Path) -> None:
    """A call keeps the cost and the version of the prices of its time."""
    url = f"sqlite:///{file}"
    async with running(priced(faults, url)) as gateway:
        before = (await gateway.completion.Complete(request("openai/gpt-4o"))).accounting
    dearer = {"openai/*": {"input": 100, "output": 100}}
    async with running(priced(faults, url, prices=dearer)) as gateway:
        after = (await gateway.completion.Complete(request("openai/gpt-4o"))).accounting

    old, new = await row_of(file, before.call_id), await row_of(file, after.call_id)
    assert picos_of(before.cost) == old["cost_picos"] < new["cost_picos"]
    assert before.cost.price_version == old["price_version"] != new["price_version"]


async def test_a_hit(faults: ThreadedFaultProvider, file: Path) -> None:
    """A call that the cache answered has a book of its own: who made the answer, what it saved, and no cost."""
    asked = request("openai/gpt-4o", cache={"mode": completion_pb2.CACHE_MODE_USE}, config={"temperature": 0})
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        first, second = [(await gateway.completion.Complete(asked)).accounting for _ in range(2)]

    made, hit = await row_of(file, first.call_id), await row_of(file, second.call_id)
    assert (accounting_pb2.CACHE_STATUS_HIT, 0, 0) == picked(hit, "cache_status", "cost_picos", "attempts")
    assert (made["cost_picos"], "openai", "gpt-4o") == picked(hit, "saved_picos", "provider", "model")
    assert first.call_id == hit["origin_call_id"]


async def test_nothing_is_left_under_way(gateway: Gateway, file: Path) -> None:
    """Once all calls are over the ledger holds nothing for any of them."""

    async def one(model: str) -> None:
        """Make a call, however it ends."""
        await asyncio.gather(gateway.completion.Complete(request(model)), return_exceptions=True)

    await asyncio.gather(
        *(one(model) for model in ["openai/x", "openai/x+slow-first=120ms", "openai/x+status=400"] * 5)
    )

    await all_entered(file)
    assert 15 == len(rows(file, "SELECT * FROM calls"))
    assert [] == rows(file, "SELECT * FROM holds")


async def test_usage_in_the_trailing_metadata(gateway: Gateway) -> None:
    """A stream's trailing metadata have its counts and cost in one line, for clients that see no message."""
    rpc = gateway.completion.StreamComplete(request("openai/gpt-4o"))
    books = (await streamed(rpc)).completed.accounting

    told = dict(await rpc.trailing_metadata())["llmrpc-usage"]
    usage = books.usage
    assert (
        f"input_tokens={usage.input_tokens},output_tokens={usage.output_tokens},"
        f"cost_picos={picos_of(books.cost)},currency=USD" == told
    )
