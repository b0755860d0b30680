"""Repeats that reach another server process: it waits for the outcome, and never asks a provider itself."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

import envoy
from details import drained
from fault_provider import ThreadedFaultProvider
from fault_provider.attempts import Attempt
from gateway import channel_to, request
from idempotency.told import outcome
from llmrpc.v1 import completion_pb2, completion_pb2_grpc
from memcached import Memcached, started
from pairs import two_servers


@pytest.fixture
def memcached(tmp_path: Path) -> Iterator[Memcached]:
    """Run a memcached server."""
    with started(tmp_path) as server:
        yield server


async def _ask(channel: grpc.aio.Channel, asked: completion_pb2.CompleteRequest, *, streamed: bool) -> bytes:
    stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
    if not streamed:
        return outcome(await stub.Complete(asked))
    events: list[completion_pb2.StreamCompleteResponse] = []
    await drained(stub.StreamComplete(asked), events)
    return outcome(events[-1].completed)


def _of(attempts: list[Attempt], model: str) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.model == model]


@pytest.mark.parametrize("streamed", [False, True])
async def test_two_processes_at_once(
    faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path, *, streamed: bool
) -> None:
    """The same request at two servers at once runs once, and both tell the same; so does either afterwards."""
    asked = request("openai/slow-tokens=20ms", request_id="r-1")
    with two_servers(faults, memcached, tmp_path) as (one, two):
        async with channel_to(one.address) as first, channel_to(two.address) as second:
            found = await asyncio.gather(
                *(_ask(channel, asked, streamed=streamed) for channel in (first, second, first, second))
            )
            found += [await _ask(channel, asked, streamed=not streamed) for channel in (first, second)]

    assert 1 == len(set(found))
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize("hedging", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_envoy_that_retries(
    faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path, *, streamed: bool, hedging: bool
) -> None:
    """However often Envoy sends a call again, to either server, the provider is asked once and the caller answered."""
    asked = request("openai/gpt-4o", request_id="r-1")
    limits = {"server": {"in_flight": 1, "waiting": 100}}
    with (
        two_servers(faults, memcached, tmp_path, **limits) as (one, two),
        envoy.before([one.address, two.address], tmp_path, patience="0.3s", hedging=hedging) as proxy,
    ):
        async with (
            channel_to(one.address) as first,
            channel_to(two.address) as second,
            channel_to(proxy.address) as channel,
        ):
            # Both servers are busy, so that a call waits without having been committed.
            busy: list[Any] = [
                completion_pb2_grpc.CompletionServiceStub(server).Complete(request("openai/silent"))
                for server in (first, second)
            ]
            await faults.wait_until(lambda attempts: len(_of(attempts, "silent")) == 2)
            asking = asyncio.create_task(_ask(channel, asked, streamed=streamed))
            while await asyncio.to_thread(lambda: proxy.retries) < 3:
                await asyncio.sleep(0.02)
            for call in busy:
                call.cancel()
            found = [await asking]
            found += [await _ask(server, asked, streamed=streamed) for server in (first, second)]

    assert 1 == len(set(found))
    assert 1 == len(_of(faults.attempts, "gpt-4o"))
