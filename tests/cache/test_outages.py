"""Memcached goes away, hangs and comes back under load: no call fails, and none waits for it long."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import pytest
import structlog

from cache.calls import ERROR, HIT, JOINED, MISS, asked, caching, complete, stats, status
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from memcached import Memcached, started

# Seconds; the servers' own.
TIMEOUT = 0.05


class Load:
    """Asks 50 times a second, one of a few prompts, until the block is left; remembers how each call went.

    Attributes:
        took: How long each call took, in seconds.
        statuses: What the cache did for each.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.took: list[float] = []
        self.statuses: list[int] = []
        self._calls: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._asking = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._asking.cancel()
        await asyncio.wait((self._asking,))
        await asyncio.gather(*self._calls)

    async def calls(self, count: int) -> list[float]:
        """Wait until so many more calls are done; return how long they took."""
        before = len(self.took)
        async with asyncio.timeout(60):
            while len(self.took) < before + count:
                await asyncio.sleep(0.01)
        return self.took[before:]

    async def hits(self, count: int) -> None:
        """Wait for so many more hits."""
        wanted = self.statuses.count(HIT) + count
        async with asyncio.timeout(60):
            while self.statuses.count(HIT) < wanted:
                await asyncio.sleep(0.01)

    async def _ask(self) -> None:
        rng = random.Random(7)
        while True:
            self._calls.append(asyncio.create_task(self._call(f"prompt {rng.randint(1, 20)}")))
            await asyncio.sleep(1 / 50)

    async def _call(self, prompt: str) -> None:
        begun = time.monotonic()
        answer = await self._gateway.completion.Complete(asked("openai/gpt-4o", prompt), timeout=30)
        self.took.append(time.monotonic() - begun)
        self.statuses.append(answer.accounting.cache.status)


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> AsyncIterator[Gateway]:
    """Run a server with two memcached servers and their ordinary timeout, its own memory off."""
    async with caching(faults, nodes, cache={"timeout": "50ms"}) as gateway:
        yield gateway


async def test_killed_and_started_again(gateway: Gateway, nodes: list[Memcached]) -> None:
    """With one memcached server killed, then both, no call fails; when they are back, they serve hits by themselves."""
    with structlog.testing.capture_logs() as logs:
        async with Load(gateway) as load:
            await load.hits(20)
            nodes[0].kill()
            try:
                await load.hits(20)
                nodes[1].kill()
                await load.calls(20)
            finally:
                for node in nodes:
                    node.start()
            await all_up(gateway)
            await load.hits(40)
            assert 0 < min(node.stat("get_hits") for node in nodes)

    assert set(load.statuses) <= {HIT, MISS, ERROR, JOINED}
    changes = [(line["event"], line["node"]) for line in logs if line["event"].startswith("cache node")]
    for node in nodes:
        own = [event for event, name in changes if name == node.address]
        # One line for each change, and they take turns.
        assert own
        assert own == ["cache node down", "cache node up"] * (len(own) // 2)


async def test_hanging(gateway: Gateway, nodes: list[Memcached]) -> None:
    """While a memcached server hangs no call fails, and soon calls are hits again: its keys go elsewhere."""
    async with Load(gateway) as load:
        await load.hits(20)
        nodes[1].pause()
        try:
            await load.calls(30)
            await load.hits(30)
        finally:
            nodes[1].go_on()
        await load.hits(20)


async def test_flushed(gateway: Gateway, nodes: list[Memcached]) -> None:
    """Servers that are emptied under load cost nothing but misses."""
    async with Load(gateway) as load:
        for _ in range(3):
            await load.hits(10)
            for node in nodes:
                with node.client() as client:
                    client.flush_all()
        await load.hits(20)


async def test_an_outage_is_told(gateway: Gateway, nodes: list[Memcached]) -> None:
    """A call that memcached failed says ERROR, and the stats say which servers are down, and that it failed."""
    for node in nodes:
        node.kill()
    try:
        while "ok" in [state for name, state in (await stats(gateway)).nodes.items() if name != "local"]:
            assert ERROR == await status(gateway, asked())
        found = await stats(gateway)
        assert ERROR == await status(gateway, asked())
    finally:
        for node in nodes:
            node.start()

    assert {"down"} == {state for name, state in found.nodes.items() if name != "local"}
    assert found.routes[0].errors > 0


@pytest.mark.parametrize("more", [[], ["127.0.0.1:1"]], ids=["alone", "beside a host"])
async def test_a_unix_socket(faults: ThreadedFaultProvider, tmp_path: Path, more: list[str]) -> None:
    """A server starts, answers and stops with a Unix socket among its memcached servers, there or not."""
    async with caching(faults, cache={"memcached": [str(tmp_path / "memcached.sock"), *more]}) as gateway:
        while "ok" in [state for name, state in (await stats(gateway)).nodes.items() if name != "local"]:
            assert ERROR == await status(gateway, asked())


async def test_a_full_server(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A memcached server that is full forgets the oldest answers; calls go on, and the newest are hits."""
    with started(tmp_path, megabytes=64) as node:
        async with caching(faults, [node]) as gateway:
            rng = random.Random(7)
            with node.client() as client:
                while not node.stat("evictions"):
                    for number in range(100):
                        client.set(f"filler-{rng.random()}-{number}", rng.randbytes(60_000))
            for number in range(30):
                wanted = asked("openai/gpt-4o", f"prompt {number}")
                await complete(gateway, wanted)
                while await status(gateway, wanted) != HIT:
                    pass
            assert node.stat("evictions") > 0


@pytest.mark.slow
async def test_the_cost_of_a_server_that_hangs(gateway: Gateway, nodes: list[Memcached]) -> None:
    """While a memcached server hangs the slowest hundredth of calls takes less than 60 ms longer than before.

    The percentile of one round tells of the machine as well: a round in which it did nothing else is enough.
    """
    added = []
    async with Load(gateway) as load:
        await load.calls(100)
        for _ in range(3):
            quiet = percentile(await load.calls(500))
            nodes[1].pause()
            try:
                added.append(percentile(await load.calls(500)) - quiet)
            finally:
                nodes[1].go_on()
            await all_up(gateway)

    assert min(added) < TIMEOUT + 0.01


async def all_up(gateway: Gateway) -> None:
    """Wait until no memcached server counts as down."""
    async with asyncio.timeout(20):
        while "down" in (await stats(gateway)).nodes.values():
            await asyncio.sleep(0.05)


def percentile(values: list[float]) -> float:
    """Return the 99th."""
    return sorted(values)[int(len(values) * 0.99)]
