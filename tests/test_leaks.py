"""Cancelled calls, and calls that failed over, leave nothing behind: no task, no upstream connection, no memory."""

import asyncio
import contextlib
import ctypes
import gc
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, channel_to, faulty, request, running, serving
from llmrpc.v1 import completion_pb2, completion_pb2_grpc
from llmrpc_server.call import Call, Events
from llmrpc_server.providers.openai_chat import OpenAIChat

WARM_UP = 300
# Pools and arenas fill by leaps, now and then; a leak grows in every round.
ROUNDS = 4
A_ROUND = 200
AT_A_TIME = 20
MAX_BYTES = 1024 * 1024
CONFIG = """
providers: {{openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}}}
routes: {{default: [openai/gpt-4o]}}
breaker: {{enabled: false}}
"""
# Enough for the leak that is planted: 64 KiB a stream.
LEAKY_ROUND = 100


@dataclass(frozen=True)
class Left:
    """What cancelled streams left behind."""

    tasks: int
    connections: int
    bytes: int

    @property
    def nothing(self) -> bool:
        """Tell whether it is within the noise of the process's memory."""
        # Connections of whole answers are kept for the next ones, never more than were used at once.
        return self.tasks <= 0 and self.connections <= AT_A_TIME and self.bytes < MAX_BYTES


# Takes the stub of CompletionService.
Play = Callable[[Any], Awaitable[None]]


async def play_streams(completion: Any, play: Play, count: int) -> None:
    """Start streams, a few at a time, and let each end as it is played."""

    async def some(count: int) -> None:
        """Play one after another."""
        for _ in range(count):
            await play(completion)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(some(count // AT_A_TIME))


async def cancel_stream(completion: Any) -> None:
    """Start a stream and cancel it after its first delta."""
    call = completion.StreamComplete(request("openai/stall@3"), timeout=30)
    async for event in call:
        if event.HasField("part_delta"):
            break
    call.cancel()


async def cancel_whole(completion: Any) -> None:
    """Ask for a whole answer that never comes, and leave: at whatever moment, nothing may stay."""
    call = completion.Complete(request("openai/stall@3"), timeout=30)
    await asyncio.sleep(0.02)
    call.cancel()


async def fail_over(completion: Any) -> None:
    """Start a stream that breaks off, and read it to the end that another target gives it."""
    policy = completion_pb2.RoutingPolicy(fallback_models=["anthropic/voice=b"])
    restart = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)
    asked = request("openai/cut@3", routing=policy, stream=restart)
    events = [event.WhichOneof("event") async for event in completion.StreamComplete(asked, timeout=30)]
    assert "completed" == events[-1]


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


async def left_behind(gateway: Gateway, faults: ThreadedFaultProvider, play: Play, a_round: int = A_ROUND) -> Left:
    """Play streams after a warm-up and tell what they left: of memory, the least that a round did."""
    await play_streams(gateway.completion, play, WARM_UP)
    await settled(faults)
    # The server of other tests may keep a connection to the same provider.
    tasks, connections, sizes = len(asyncio.all_tasks()), faults.open_connections, [memory()]
    for _ in range(ROUNDS):
        await play_streams(gateway.completion, play, a_round)
        await settled(faults)
        sizes.append(memory())
    least = min(after - before for before, after in itertools.pairwise(sizes))
    return Left(await tasks_above(tasks), faults.open_connections - connections, least)


@pytest.fixture
async def patient(faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run a server whose breakers stay closed, so that each stream breaks off anew."""
    async with running({**faulty(faults), "breaker": {"enabled": False}}) as gateway:
        yield gateway


PLAYS = pytest.mark.parametrize("play", [cancel_stream, cancel_whole, fail_over])


@PLAYS
async def test_streams_leave_nothing(patient: Gateway, faults: ThreadedFaultProvider, play: Play) -> None:
    """800 calls leave no task and no upstream connection, and memory does not grow with their number."""
    left = await left_behind(patient, faults, play)

    assert left.nothing, left


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("play", [cancel_stream, fail_over])
async def test_many_streams_leave_nothing(patient: Gateway, faults: ThreadedFaultProvider, play: Play) -> None:
    """The same with 10,000."""
    left = await left_behind(patient, faults, play, a_round=2_500)

    assert left.nothing, left


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_many_whole_answers_leave_nothing(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """10,000 whole answers that their callers leave do not make the server grow.

    It is a process of its own: gRPC's client keeps a kilobyte of each, of a server of nothing but gRPC too.
    """
    file = tmp_path / "llmrpc.yaml"
    file.write_text(CONFIG.format(base=faults.base_url), encoding="utf-8")
    with serving("--config", str(file), cwd=tmp_path, env={"TEST_KEY": "sk-test-1"}) as server:
        sizes = []
        async with channel_to(server.address) as channel:
            completion: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            for count in (WARM_UP, *[2_500] * ROUNDS):
                await play_streams(completion, cancel_whole, count)
                await settled(faults)
                sizes.append(psutil.Process(server.pid).memory_info().rss)

    assert min(after - before for before, after in itertools.pairwise(sizes)) < MAX_BYTES, sizes


# Not of those who leave at whatever moment: on a busy machine few of them get as far as the leak.
@pytest.mark.parametrize("play", [cancel_stream, fail_over])
async def test_a_planted_leak_is_found(
    patient: Gateway, play: Play, faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above fails for a server that keeps a little of every call."""
    kept: list[Any] = []
    stream = OpenAIChat.stream

    def leaky(self: OpenAIChat, call: Call) -> Events:
        """Keep a little of every call."""
        kept.append((call, bytearray(65_536)))
        return stream(self, call)

    monkeypatch.setattr(OpenAIChat, "stream", leaky)
    left = await left_behind(patient, faults, play, a_round=LEAKY_ROUND)

    assert not left.nothing, left
