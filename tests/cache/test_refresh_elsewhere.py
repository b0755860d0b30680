"""Answers of the same question that two server processes make at the same time: the later question's stays."""

import asyncio

from cache.calls import HIT, REFRESH, arrived, asked, caching, complete, invalidate
from fault_provider import ThreadedFaultProvider
from memcached import Memcached


async def test_a_slower_call_does_not_undo_a_refresh(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """An answer that was begun before REFRESH, and ends after it in another process, does not take its place."""
    faults.script("twice", ["slow-headers=2s+voice=a", "voice=b"])
    async with caching(faults, nodes) as one, caching(faults, nodes) as other:
        older = asyncio.create_task(complete(other, asked("openai/twice")))
        await faults.wait_until(arrived)
        refreshed, slower = await asyncio.gather(complete(one, asked("openai/twice", mode=REFRESH)), older)
        served = [await complete(gateway, asked("openai/twice")) for gateway in (one, other)]

    assert refreshed.message != slower.message
    assert [HIT, HIT] == [answer.accounting.cache.status for answer in served]
    assert [refreshed.message] * 2 == [answer.message for answer in served]


async def test_what_is_in_the_way_is_replaced(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """An answer that was invalidated, and so is still there, keeps no new one out."""
    async with caching(faults, nodes) as gateway:
        await complete(gateway, asked(tags=["t"]))
        await invalidate(gateway, tag="t")
        made = await complete(gateway, asked(tags=["t"]))
        served = await complete(gateway, asked(tags=["t"]))

    assert made.accounting.call_id == served.accounting.cache.origin_call_id
