"""Calls that use the cache, and what they say of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fault_provider import Attempt, ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc.v1 import accounting_pb2, cache_pb2, completion_pb2
from llmrpc.v1.accounting_pb2 import (
    CACHE_STATUS_BYPASS,
    CACHE_STATUS_ERROR,
    CACHE_STATUS_HIT,
    CACHE_STATUS_JOINED,
    CACHE_STATUS_MISS,
)
from llmrpc.v1.completion_pb2 import (
    CACHE_MODE_BYPASS,
    CACHE_MODE_ONLY_IF_CACHED,
    CACHE_MODE_REFRESH,
    CACHE_MODE_USE,
)
from memcached import Memcached

BYPASS, MISS, HIT = CACHE_STATUS_BYPASS, CACHE_STATUS_MISS, CACHE_STATUS_HIT
JOINED, ERROR = CACHE_STATUS_JOINED, CACHE_STATUS_ERROR
USE, REFRESH = CACHE_MODE_USE, CACHE_MODE_REFRESH
ONLY_IF_CACHED, WITHOUT = CACHE_MODE_ONLY_IF_CACHED, CACHE_MODE_BYPASS

Event = completion_pb2.StreamCompleteResponse

SLOW = "openai/tokens=20+slow-tokens=10ms"


@contextlib.asynccontextmanager
async def caching(
    faults: ThreadedFaultProvider, nodes: list[Memcached] | None = None, **more: Any
) -> AsyncIterator[Gateway]:
    """Run a server; with memcached its own memory is off unless `cache` says otherwise.

    It waits for memcached for longer than servers do by themselves: a loaded machine makes no hit a miss.
    """
    routes = more.pop("routes", {})
    config = {**faulty(faults, **routes), **more}
    if nodes is not None:
        shared = {"memcached": [node.address for node in nodes], "memory": 0, "timeout": "10s"}
        config["cache"] = {**shared, **config.get("cache", {})}
    async with running(config) as gateway:
        yield gateway


def asked(model: str = "openai/gpt-4o", *texts: str, mode: int = USE, **fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request that uses the cache."""
    policy = {name: fields.pop(name) for name in ("tags", "ttl") if name in fields}
    cache = completion_pb2.CachePolicy(mode=mode, **policy)  # type: ignore[arg-type]
    return request(model, *texts, cache=cache, **fields)


def arrived(attempts: list[Attempt]) -> bool:
    """Tell whether somebody asked."""
    return bool(attempts)


async def complete(gateway: Gateway, wanted: completion_pb2.CompleteRequest) -> completion_pb2.CompleteResponse:
    """Ask for a whole answer; return it once it is stored."""
    answer: completion_pb2.CompleteResponse = await gateway.completion.Complete(wanted, timeout=30)
    await stored(gateway)
    return answer


async def stream(gateway: Gateway, wanted: completion_pb2.CompleteRequest) -> list[Event]:
    """Ask for a stream; return its events once its answer is stored."""
    call = gateway.completion.StreamComplete(wanted, timeout=30)
    try:
        events = [event async for event in call]
    finally:
        # A task that is cancelled between two reads would leave the call to nobody.
        call.cancel()
    await stored(gateway)
    return events


async def stored(gateway: Gateway) -> None:
    """Wait until nothing is being stored: the answer goes to its caller first."""
    async with asyncio.timeout(30):
        while gateway.app._cache.single_flight._under_way:
            await asyncio.sleep(0.001)


async def status(gateway: Gateway, wanted: completion_pb2.CompleteRequest) -> accounting_pb2.CacheStatus.ValueType:
    """Ask for a whole answer; return what the cache did."""
    return (await complete(gateway, wanted)).accounting.cache.status


async def invalidate(gateway: Gateway, **scope: Any) -> None:
    """Make answers unreachable."""
    await gateway.cache.InvalidateCache(cache_pb2.InvalidateCacheRequest(**scope), timeout=10)


async def stats(gateway: Gateway) -> cache_pb2.GetCacheStatsResponse:
    """Count."""
    found: cache_pb2.GetCacheStatsResponse = await gateway.cache.GetCacheStats(
        cache_pb2.GetCacheStatsRequest(), timeout=10
    )
    return found
