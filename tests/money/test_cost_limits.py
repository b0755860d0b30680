"""What a call may cost: its own limit, and the cheapest way."""

import json
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

import details
import loopback
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import completion_pb2, model_pb2
from llmrpc_server.errors import Reason
from llmrpc_server.money import picos_of
from money.books import (
    ANTHROPIC_INPUT,
    ANTHROPIC_OUTPUT,
    OPENAI_INPUT,
    OPENAI_OUTPUT,
    attempts_of,
    picked,
    priced,
    row_of,
)

# What the end of the request upstream may take, once the money is used up.
LIMIT_MS = 100


async def test_a_stream_is_stopped_at_its_limit(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A provider that does not keep to the output limit is stopped upstream within 100 ms of using up the money."""
    file = tmp_path / "books.db"
    bound = 10 * OPENAI_INPUT + 200 * OPENAI_OUTPUT
    asked = request("openai/x+tokens=2000+slow-tokens=2ms", max_cost_picos=bound)
    took = []
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        for _ in range(3):
            faults.clear()
            heard_ms: list[float] = []
            with pytest.raises(grpc.aio.AioRpcError) as stopped:
                await _listen(gateway.completion.StreamComplete(asked), heard_ms)
            failed = stopped.value
            await faults.wait_until(lambda seen: seen[-1].client_gone_ms is not None)
            took.append((faults.attempts[-1].client_gone_ms or 0) - heard_ms[-1])

        books = details.detail(failed, completion_pb2.CompletionFailure).accounting
        quota = details.detail(failed, error_details_pb2.QuotaFailure).violations[0]
        row = await row_of(file, books.call_id)

    # The token after the last that was heard was one too many. The machine can be late, but makes nobody early.
    assert min(took) < LIMIT_MS
    assert grpc.StatusCode.RESOURCE_EXHAUSTED == failed.code()
    assert "COST_LIMIT_REACHED" == details.detail(failed, error_details_pb2.ErrorInfo).reason
    assert ("max_cost_picos", str(bound)) == (quota.subject, quota.description)
    assert 0.95 * bound < picos_of(books.cost) < 1.05 * bound
    assert (picos_of(books.cost), Reason.ERROR_REASON_COST_LIMIT_REACHED) == picked(row, "cost_picos", "reason")
    assert Reason.ERROR_REASON_COST_LIMIT_REACHED == attempts_of(file, books.call_id)[0]["reason"]
    assert faults.attempts[-1].tokens_sent < 400


async def _listen(rpc: Any, heard_ms: list[float]) -> None:
    """Read a stream to its end, and note when its events came."""
    async for _ in rpc:
        heard_ms.append(time.monotonic() * 1000)  # noqa: PERF401 - it ends with an error


def _events(*events: dict[str, Any]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def _beginning(words: int) -> bytes:
    """Write the begin of an answer of so many words, as Anthropic does."""
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "usage": {}}
    return _events(
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word " * words}},
    )


async def test_an_answer_that_begins_again(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """What a provider takes back in the middle of an answer counts once towards the limit."""
    end = _events(
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 90}},
        {"type": "message_stop"},
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    config = priced(faults, f"sqlite:///{tmp_path}/books.db")
    async with loopback.listening(loopback.saying(head, _beginning(60), _beginning(30), end, apart=0.1)) as address:
        config["providers"]["anthropic"]["base_url"] = address
        asked = request(
            "anthropic/x",
            max_cost_picos=10 * ANTHROPIC_INPUT + 100 * ANTHROPIC_OUTPUT,
            stream={"on_interruption": completion_pb2.INTERRUPTION_POLICY_RESTART},
        )
        async with running(config) as gateway:
            events = [event async for event in gateway.completion.StreamComplete(asked)]

    assert ["output_reset"] == [name for event in events if (name := event.WhichOneof("event")) == "output_reset"]
    assert "word " * 30 == events[-1].completed.message.parts[0].text


async def test_output_is_limited_before_sending(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The provider is asked for no more output than the limit pays for; a smaller limit of the request stays."""
    bound = 10 * OPENAI_INPUT + 50 * OPENAI_OUTPUT
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db")) as gateway:
        for config in ({}, {"max_output_tokens": 7}, {"max_output_tokens": 1000}):
            await gateway.completion.Complete(request("openai/x+tokens=5", config=config, max_cost_picos=bound))

    assert [50, 7, 50] == [attempt.body["max_completion_tokens"] for attempt in faults.attempts]


async def test_a_generous_limit(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """No model is asked for all that much money pays for, which it would refuse, and no budget holds all of it."""
    budgets = [{"name": "b", "limit": 1, "period": "total"}]
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db", budgets=budgets)) as gateway:
        for config in ({}, {"max_output_tokens": 5000}):
            await gateway.completion.Complete(request("openai/x+tokens=5", config=config, max_cost_picos=10**13))

    assert [4096, 5000] == [attempt.body["max_completion_tokens"] for attempt in faults.attempts]


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_limit_without_a_price(faults: ThreadedFaultProvider, tmp_path: Path, streaming: bool) -> None:
    """Where no price is known a limit cannot be held: the call is refused before anything is sent."""
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db", prices={})) as gateway:
        method = gateway.completion.StreamComplete if streaming else gateway.completion.Complete
        failed = await details.failure_of(method(request("openai/x", max_cost_picos=10**12)))

    assert "the price of openai/x is not known: max_cost_picos cannot be held" == failed.details()
    assert [] == faults.attempts


async def test_prices_of_a_model(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """ModelService tells the prices of a token at a route's first target, and none that is not known."""
    prices = {"openai/gpt-4o": {"input": 2.5, "output": 10, "cache_read": 1.25}}
    async with running(priced(faults, f"sqlite:///{tmp_path}/b.db", prices=prices)) as gateway:
        known, unknown = [
            (await gateway.models.GetModel(model_pb2.GetModelRequest(name=name))).model.prices
            for name in ("default", "anthropic/claude")
        ]

    assert [("input_tokens", 2_500_000), ("output_tokens", 10_000_000), ("cache_read_tokens", 1_250_000)] == [
        (price.sku, price.picos_per_unit) for price in known
    ]
    assert [] == list(unknown)


async def test_the_cheapest_first(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A route ordered by cost asks the cheapest target that can do what the request needs, and falls back upwards."""
    prices = {
        "openai/dear": {"input": 10, "output": 30},
        "openai/cheap": {"input": 1, "output": 2},
        "openai/cheap+status=503": {"input": 0, "output": 1},
    }
    routes = {
        "default": {"targets": ["openai/unpriced", "openai/dear", "openai/cheap"], "order": "cost"},
        "falls": {"targets": ["openai/dear", "openai/cheap", "openai/cheap+status=503"], "order": "cost"},
    }
    async with running(priced(faults, f"sqlite:///{tmp_path}/b.db", prices=prices, routes=routes)) as gateway:
        answers = [await gateway.completion.Complete(request(route)) for route in ("", "falls")]
        plan = await gateway.completion.PlanCompletion(
            completion_pb2.PlanCompletionRequest(request=request("", config={"max_output_tokens": 100}))
        )

    assert ["cheap", "cheap"] == [answer.accounting.target.model for answer in answers]
    assert ["cheap", "dear", "unpriced"] == [target.target.model for target in plan.targets]
    tokens = plan.targets[0].input_tokens
    assert tokens * 1_000_000 + 100 * 2_000_000 == picos_of(plan.targets[0].worst_case_cost)
    assert not plan.targets[2].HasField("worst_case_cost")
