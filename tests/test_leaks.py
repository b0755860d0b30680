"""Cancelled calls leave nothing behind: no task, no upstream connection, no memory."""

import asyncio
import contextlib
import ctypes
import gc
import itertools
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc_server.call import Call, Events
from llmrpc_server.providers.openai_chat import OpenAIChat

WARM_UP = 300
# Pools and arenas fill by leaps, now and then; a leak grows in every round.
ROUNDS = 4
A_ROUND = 500
AT_A_TIME = 20
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Left:
    """What cancelled streams left behind."""

    tasks: int
    connections: int
    bytes: int

    @property
    def nothing(self) -> bool:
        """Tell whether it is within the noise of the process's memory."""
        return self.tasks <= 0 and self.connections <= 0 and self.bytes < MAX_BYTES


async def cancel_streams(gateway: Gateway, count: int) -> None:
    """Start streams, a few at a time; cancel each after its first delta."""

    async def some(count: int) -> None:
        """Cancel one after another."""
        for _ in range(count):
            await cancel_stream(gateway)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(some(count // AT_A_TIME))


async def cancel_stream(gateway: Gateway) -> None:
    """Start a stream and cancel it after its first delta."""
    call = gateway.completion.StreamComplete(request("openai/stall@3"), timeout=30)
    async for event in call:
        if event.HasField("part_delta"):
            break
    call.cancel()


async def settled(faults: ThreadedFaultProvider) -> None:
    """Wait until the provider has seen every caller leave."""
    await faults.wait_until(lambda attempts: all(attempt.outcome != "running" for attempt in attempts))
    faults.clear()


def memory() -> int:
    """Return the process's resident bytes, after giving back what is free."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


async def tasks_above(count: int) -> int:
    """Return how many tasks there are above a number, once those that are ending have ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > count:
                await asyncio.sleep(0.01)
    return len(asyncio.all_tasks()) - count


async def left_behind(gateway: Gateway, faults: ThreadedFaultProvider) -> Left:
    """Cancel streams after a warm-up and tell what they left: of memory, the least that a round did."""
    await cancel_streams(gateway, WARM_UP)
    await settled(faults)
    # The server of other tests may keep a connection to the same provider.
    tasks, connections, sizes = len(asyncio.all_tasks()), faults.open_connections, [memory()]
    for _ in range(ROUNDS):
        await cancel_streams(gateway, A_ROUND)
        await settled(faults)
        sizes.append(memory())
    least = min(after - before for before, after in itertools.pairwise(sizes))
    return Left(await tasks_above(tasks), faults.open_connections - connections, least)


async def test_cancelled_streams_leave_nothing(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """2,000 cancelled streams leave no task and no upstream connection, and memory does not grow with their number."""
    left = await left_behind(gateway, faults)

    assert left.nothing, left


async def test_a_planted_leak_is_found(
    gateway: Gateway, faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above fails for a server that keeps a little of every call."""
    kept: list[Any] = []
    stream = OpenAIChat.stream

    def leaky(self: OpenAIChat, call: Call) -> Events:
        """Keep a little of every call."""
        kept.append((call, bytearray(4096)))
        return stream(self, call)

    monkeypatch.setattr(OpenAIChat, "stream", leaky)
    left = await left_behind(gateway, faults)

    assert not left.nothing, left
