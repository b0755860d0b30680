"""Limits of several server processes that share memcached, and what holds while it is down."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import channel_to, faulty, request, running
from llmrpc.v1 import completion_pb2_grpc
from memcached import Memcached, started
from pairs import two_servers
from rate_limits.asking import EXHAUSTED, OK, refused


@pytest.fixture
def memcached(tmp_path: Path) -> Iterator[Memcached]:
    """Run a memcached server."""
    with started(tmp_path) as server:
        yield server


async def test_requests_are_exact_over_two_processes(
    faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path
) -> None:
    """Of 500 calls at once, half at each of two servers, exactly so many run as the limit says."""
    with two_servers(faults, memcached, tmp_path, rates=[{"requests_per_minute": 100}]) as (one, two):
        async with channel_to(one.address) as first, channel_to(two.address) as second:
            stubs = [completion_pb2_grpc.CompletionServiceStub(channel) for channel in (first, second)]
            calls = [stubs[number % 2].Complete(request()) for number in range(500)]
            found = Counter([await call.code() for call in calls])

    assert {OK: 100, EXHAUSTED: 400} == found
    assert 100 == len(faults.attempts)


async def test_calls_at_the_same_time_are_exact_over_two_processes(
    faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path
) -> None:
    """Of 500 calls that do not end exactly so many are let in, and ended ones make room at either server."""
    with two_servers(faults, memcached, tmp_path, rates=[{"in_flight": 20}]) as (one, two):
        async with channel_to(one.address) as first, channel_to(two.address) as second:
            stubs = [completion_pb2_grpc.CompletionServiceStub(channel) for channel in (first, second)]
            calls = [stubs[number % 2].Complete(request("openai/silent")) for number in range(500)]
            await refused(calls, 480)
            await faults.wait_until(lambda attempts: len(attempts) == 20)
            for call in calls:
                call.cancel()
            for stub in stubs:
                while await stub.Complete(request()).code() != OK:
                    await asyncio.sleep(0.01)


@pytest.mark.parametrize("silent", [False, True])
async def test_refuses_while_the_counters_are_down(
    faults: ThreadedFaultProvider, memcached: Memcached, *, silent: bool
) -> None:
    """Limits that cannot be counted refuse with UNAVAILABLE, by default; back again, they count."""
    config = {
        **faulty(faults),
        "cache": {"memcached": [memcached.address]},
        "limits": {"rates": [{"requests_per_minute": 100, "in_flight": 10, "tokens_per_minute": 10_000}]},
    }
    async with running(config) as gateway:
        await gateway.completion.Complete(request())
        if silent:
            memcached.pause()
        else:
            memcached.kill()
        error = await failure_of(gateway.completion.Complete(request()))
        if silent:
            memcached.go_on()
        else:
            memcached.start()
        while await gateway.completion.Complete(request()).code() != OK:
            await asyncio.sleep(0.05)

    assert grpc.StatusCode.UNAVAILABLE == error.code()
    assert "STORE_UNAVAILABLE" == detail(error, error_details_pb2.ErrorInfo).reason


async def test_admits_uncounted_where_told_to(faults: ThreadedFaultProvider, memcached: Memcached) -> None:
    """With `store_down: admit` calls run while limits cannot be counted, and a metric tells how many."""
    config = {
        **faulty(faults),
        "cache": {"memcached": [memcached.address]},
        "limits": {"rates": [{"requests_per_minute": 1, "in_flight": 1}], "store_down": "admit"},
    }
    async with running(config) as gateway:
        memcached.kill()
        for _ in range(3):
            await gateway.completion.Complete(request())
        uncounted = gateway.app.metrics.registry.get_sample_value("llmrpc_limits_uncounted_total")

    assert 3 == uncounted
