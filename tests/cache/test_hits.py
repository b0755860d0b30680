"""Calls that are answered from the cache, through gRPC: in this process's memory, and in real memcached."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from cache.calls import (
    BYPASS,
    HIT,
    MISS,
    ONLY_IF_CACHED,
    REFRESH,
    USE,
    WITHOUT,
    Event,
    asked,
    caching,
    complete,
    stats,
    status,
    stream,
)
from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.assembler import Assembler
from llmrpc.v1 import completion_pb2, message_pb2
from memcached import Memcached

TOOLS = [
    message_pb2.Tool(function=message_pb2.FunctionTool(name="look_up", parameters_json_schema='{"type": "object"}'))
]


@pytest.fixture(params=["memory", "memcached"])
async def gateway(request: pytest.FixtureRequest, faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run a server with its own memory alone, or with memcached alone; the route "kept" caches by itself."""
    nodes = request.getfixturevalue("nodes") if request.param == "memcached" else None
    kept = {"targets": ["openai/gpt-4o"], "cache": {"ttl": "1h"}}
    async with caching(faults, nodes, routes={"kept": kept}) as gateway:
        yield gateway


def assembled(events: list[Event]) -> message_pb2.Message:
    """Put the answer together from its events, as a client does, and check that they are well-formed."""
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    assert assembler.message.parts == assembler.finish().message.parts
    return assembler.finish().message


async def test_a_second_call_is_a_hit(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """The second of two identical calls asks nobody, says so and gets the same answer."""
    first, second = await complete(gateway, asked()), await complete(gateway, asked())

    assert 1 == len(faults.attempts)
    assert (MISS, HIT) == (first.accounting.cache.status, second.accounting.cache.status)
    assert first.message == second.message
    assert first.create_time == second.create_time
    assert first.accounting.cache.key == second.accounting.cache.key
    assert first.accounting.call_id == second.accounting.cache.origin_call_id
    assert second.accounting.call_id != second.accounting.cache.origin_call_id
    assert second.accounting.cache.HasField("store_time")
    assert "openai" == second.accounting.target.provider
    assert (0, False) == (second.accounting.attempts_total, second.accounting.HasField("usage"))


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("openai/gpt-4o", {}),
        ("anthropic/reasoning=5", {}),
        ("openai/tool-calls=1", {"tools": TOOLS}),
        ("anthropic/citations", {}),
        ("openai/gpt-4o", {"config": completion_pb2.GenerationConfig(top_logprobs=1)}),
    ],
)
@pytest.mark.parametrize("first", ["unary", "stream"])
async def test_streams_and_whole_answers_are_one(
    gateway: Gateway, faults: ThreadedFaultProvider, model: str, fields: dict[str, Any], first: str
) -> None:
    """What was stored as a stream is served whole, and the reverse; a replayed stream is well-formed and the same."""
    wanted = asked(model, **fields)
    if first == "unary":
        original = (await complete(gateway, wanted)).message
    else:
        original = assembled(await stream(gateway, wanted))
    events = await stream(gateway, wanted)
    whole = await complete(gateway, wanted)

    assert 1 == len(faults.attempts)
    assert HIT == events[0].started.cache_status
    assert original == whole.message
    assert original == assembled(events)
    assert HIT == events[-1].completed.accounting.cache.status
    assert list(whole.logprobs) == [one for event in events for one in event.part_delta.logprobs]


async def test_modes(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """BYPASS neither reads nor writes, REFRESH writes alone, ONLY_IF_CACHED asks nobody, USE does both."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await complete(gateway, asked(mode=ONLY_IF_CACHED))
    assert grpc.StatusCode.FAILED_PRECONDITION == failed.value.code()
    assert "CACHE_MISS" == detail(failed.value, error_details_pb2.ErrorInfo).reason

    assert BYPASS == await status(gateway, asked(mode=WITHOUT))
    assert MISS == await status(gateway, asked(mode=REFRESH))
    assert MISS == await status(gateway, asked(mode=REFRESH))
    assert HIT == await status(gateway, asked(mode=ONLY_IF_CACHED))
    assert HIT == await status(gateway, asked(mode=USE))
    assert BYPASS == await status(gateway, asked(mode=WITHOUT))
    assert 4 == len(faults.attempts)


async def test_refreshed_answers_replace(gateway: Gateway) -> None:
    """After REFRESH the newer answer is the one that is served."""
    await complete(gateway, asked())
    refreshed = await complete(gateway, asked(mode=REFRESH))
    served = await complete(gateway, asked())

    assert refreshed.accounting.call_id == served.accounting.cache.origin_call_id


async def test_an_older_run_replaces_no_refreshed_answer(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """An answer that was begun before REFRESH, and ends after it, is not served in its place."""
    faults.script("twice", ["slow-headers=2s", "tokens=3"])
    older = asyncio.create_task(complete(gateway, asked("openai/twice")))
    await faults.wait_until(bool)
    refreshed, _ = await asyncio.gather(complete(gateway, asked("openai/twice", mode=REFRESH)), older)
    served = await complete(gateway, asked("openai/twice"))

    assert refreshed.accounting.call_id == served.accounting.cache.origin_call_id


async def test_routes_and_calls_decide(gateway: Gateway) -> None:
    """A route that says so is cached without a word of the call; by itself nothing is, nor what asks for chance."""
    by_itself = completion_pb2.CACHE_MODE_UNSPECIFIED
    chance = completion_pb2.GenerationConfig(temperature=0.7)

    assert [BYPASS, BYPASS] == [await status(gateway, asked(mode=by_itself)) for _ in range(2)]
    assert [MISS, HIT] == [await status(gateway, asked("kept", mode=by_itself)) for _ in range(2)]
    assert BYPASS == await status(gateway, asked("kept", mode=by_itself, config=chance))
    assert [MISS, HIT] == [await status(gateway, asked("kept", mode=USE, config=chance)) for _ in range(2)]


async def test_time_to_live(gateway: Gateway) -> None:
    """An answer is served until its time is over, to the millisecond."""
    short = Duration(nanos=300_000_000)
    assert MISS == await status(gateway, asked(ttl=short))
    results: list[int] = []
    while not results or results[-1] == HIT:
        results.append(await status(gateway, asked(ttl=short)))

    assert MISS == results[-1]


@pytest.mark.parametrize("fault", ["finish=length", "finish=filter", "refusal"])
async def test_only_whole_answers(gateway: Gateway, fault: str) -> None:
    """An answer that was cut short or withheld is not kept."""
    assert [MISS, MISS] == [await status(gateway, asked(f"openai/{fault}")) for _ in range(2)]


async def test_errors_are_not_kept(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A call that failed is not remembered."""
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError):
            await complete(gateway, asked("openai/status=400"))

    assert 2 == len(faults.attempts)


async def test_warnings_are_replayed(gateway: Gateway) -> None:
    """What the first caller was warned of, the others hear as well."""
    wanted = asked("openai/gpt-4o", config=completion_pb2.GenerationConfig(top_k=5))
    first, second = await complete(gateway, wanted), await complete(gateway, wanted)

    assert ["PARAMETER_DROPPED"] == [warning.reason for warning in second.warnings]
    assert first.warnings == second.warnings


async def test_too_large_for_memcached(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """An answer that memcached has no room for is not kept there, and the caller gets it all the same."""
    text = "".join(
        random.Random(7).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .", k=1_600_000)
    )
    async with caching(faults, nodes) as gateway:
        wanted = asked("openai/echo", text)
        results = [await complete(gateway, wanted) for _ in range(2)]
        found = await stats(gateway)

    assert 0 == found.routes[0].stored_bytes
    assert len(results[0].message.parts[0].text) > 1_000_000
    assert [MISS, MISS] == [result.accounting.cache.status for result in results]


async def test_counts(gateway: Gateway) -> None:
    """GetCacheStats counts by route what the cache did, and says how its stores are."""
    for _ in range(3):
        await complete(gateway, asked("kept"))
    found = await stats(gateway)

    [route] = found.routes
    assert ("kept", 1, 2, 0) == (route.route, route.misses, route.hits, route.joined)
    assert route.stored_bytes > 0
    assert {"ok"} == set(found.nodes.values())


async def test_seen_from_outside(gateway: Gateway) -> None:
    """Metrics count by route what the cache did, and the line in the log of each call says it."""
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await complete(gateway, asked("kept"))
        await complete(gateway, asked("kept", mode=WITHOUT))
    sample = gateway.app.metrics.registry.get_sample_value

    lines = [line for line in logs if line["event"] == "rpc"]
    assert ["MISS", "HIT", "HIT", None] == [line.get("cache") for line in lines]
    assert 2 == sample("llmrpc_cache_calls_total", {"route": "kept", "status": "hits"})
    assert 1 == sample("llmrpc_cache_calls_total", {"route": "kept", "status": "misses"})
    assert (sample("llmrpc_cache_stored_bytes_total", {"route": "kept"}) or 0) > 0


async def test_routes_of_callers_make_no_series(gateway: Gateway) -> None:
    """A model that no route has counts under "other": no caller can make new series."""
    await complete(gateway, asked("openai/some-model-of-mine"))

    assert ["other"] == [route.route for route in (await stats(gateway)).routes]
