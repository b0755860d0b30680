"""Servers that share memcached make an answer once: one has the lease, the others wait for what it stores."""

import asyncio

import grpc
import pytest

from cache.calls import HIT, MISS, SLOW, arrived, asked, caching, complete, stored
from fault_provider import ThreadedFaultProvider
from memcached import Memcached


async def test_two_processes_make_one(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """Servers that share memcached ask once: the one waits for the other's answer, and serves it as a hit."""
    async with caching(faults, nodes) as one, caching(faults, nodes) as other:
        results = await asyncio.gather(*(complete(gateway, asked(SLOW)) for _ in range(20) for gateway in (one, other)))

    assert 1 == len(faults.attempts)
    assert 1 == len({result.message.SerializeToString() for result in results})
    assert 1 == sum(result.accounting.cache.status == MISS for result in results)
    assert 20 <= sum(result.accounting.cache.status == HIT for result in results)


async def test_late_for_the_lease(
    faults: ThreadedFaultProvider, nodes: list[Memcached], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that found nothing, and asks whether it may make the answer once another server has, serves that one's."""
    async with caching(faults, nodes) as one, caching(faults, nodes) as other:
        answers = other.app._cache.answers
        lease, looked, stored_there = answers.lease, asyncio.Event(), asyncio.Event()

        async def late(identity: str) -> bool:
            """Ask for the lease when the other server has given it back."""
            looked.set()
            await stored_there.wait()
            return await lease(identity)

        monkeypatch.setattr(answers, "lease", late)
        waiting = asyncio.create_task(complete(other, asked()))
        await looked.wait()
        made = await complete(one, asked())
        await stored(one)
        stored_there.set()
        served = await waiting

    assert (MISS, HIT) == (made.accounting.cache.status, served.accounting.cache.status)
    assert 1 == len(faults.attempts)


async def test_nobody_waits_for_the_dead(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """A lease whose holder fails is free at once; nobody waits for longer than half of its time for one that hangs."""
    async with caching(faults, nodes) as one, caching(faults, nodes) as other:
        hanging = asyncio.ensure_future(one.completion.Complete(asked("openai/silent"), timeout=30))
        await faults.wait_until(arrived)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await other.completion.Complete(asked("openai/silent"), timeout=2)
        hanging.cancel()

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    assert 2 == len(faults.attempts)
