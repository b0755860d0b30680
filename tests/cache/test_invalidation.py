"""Invalidation: what was named is served by no server process any more, within a second."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from cache.calls import HIT, MISS, asked, caching, complete, invalidate, status, stream
from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import cache_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.cache import generations
from llmrpc_server.cache.generations import LocalGenerations, SharedGenerations
from llmrpc_server.cache.memcached import MemcachedStore
from llmrpc_server.cache.scopes import scope
from llmrpc_server.errors import InvalidRequest
from llmrpc_server.services.cache import _scope
from memcached import Memcached

Two = tuple[Gateway, Gateway]
TAGGED = asked("openai/gpt-4o", "tagged", tags=["nightly", "other"])


@pytest.fixture
async def two(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> AsyncIterator[Two]:
    """Run two servers that share memcached; each keeps copies in its own memory."""
    cache = {"memory": "16MiB"}
    async with caching(faults, nodes, cache=cache) as one, caching(faults, nodes, cache=cache) as other:
        yield one, other


async def statuses(two: Two, wanted: Any) -> list[int]:
    """Ask both servers."""
    return [await status(gateway, wanted) for gateway in two]


@pytest.mark.parametrize("by", ["key", "tag", "model", "tenant", "all"])
async def test_what_was_named_is_gone(two: Two, by: str) -> None:
    """After an invalidation at one server none serves what it names, copies in memory included; the rest stays."""
    plain, elsewhere = asked("openai/gpt-4o", "plain"), asked("anthropic/claude-sonnet-5-5", "elsewhere")
    keys = {}
    for name, wanted in {"tagged": TAGGED, "plain": plain, "elsewhere": elsewhere}.items():
        keys[name] = (await complete(two[0], wanted)).accounting.cache.key
        # Until the second server has it as well.
        while await status(two[1], wanted) != HIT:
            pass
    values: dict[str, Any] = {
        "key": keys["tagged"],
        "tag": "nightly",
        "model": "openai/gpt-4o",
        "tenant": "default",
        "all": True,
    }
    await invalidate(two[0], **{by: values[by]})

    assert [MISS] == await statuses(two[1:], TAGGED)  # type: ignore[arg-type]
    kept = {"key": [plain, elsewhere], "tag": [plain, elsewhere], "model": [elsewhere]}
    if by == "key" and keys["plain"][:2] == keys["tagged"][:2]:  # keys that begin alike go together
        kept["key"] = []
    for wanted in kept.get(by, []):
        assert [HIT, HIT] == await statuses(two, wanted)


async def test_other_names_touch_nothing(two: Two) -> None:
    """An invalidation of something else leaves an answer where it is."""
    await complete(two[0], TAGGED)
    for named in ({"tag": "daily"}, {"model": "openai/other"}, {"prompt": "p"}, {"tenant": "other"}):
        await invalidate(two[0], **named)

    assert HIT == await status(two[0], TAGGED)


async def test_what_is_being_made_is_not_kept(two: Two, faults: ThreadedFaultProvider) -> None:
    """An answer that was begun before an invalidation is neither stored nor joined after it."""
    wanted = asked("openai/slow-first=2s", tags=["nightly"])
    begun = asyncio.create_task(complete(two[0], wanted))
    await faults.wait_until(bool)
    await invalidate(two[0], tag="nightly")
    after = asyncio.create_task(complete(two[0], wanted))
    await faults.wait_until(lambda attempts: len(attempts) > 1)
    await begun

    assert MISS == (await after).accounting.cache.status


@pytest.mark.parametrize("shared", [False, True], ids=["memory", "memcached"])
async def test_what_was_begun_before_takes_no_place(
    shared: bool, faults: ThreadedFaultProvider, nodes: list[Memcached]
) -> None:
    """An answer begun before an invalidation, and whole only after the next one, leaves that one in its place."""
    faults.script("twice", ["slow-first=2s", "tokens=3"])
    wanted = asked("openai/twice")
    async with caching(faults, nodes if shared else None) as gateway:
        begun = asyncio.create_task(complete(gateway, wanted))
        await faults.wait_until(bool)
        await invalidate(gateway, all=True)
        since, _ = await asyncio.gather(complete(gateway, wanted), begun)
        again = await complete(gateway, wanted)

    assert HIT == again.accounting.cache.status
    assert since.accounting.call_id == again.accounting.cache.origin_call_id


async def test_bad_names(two: Two) -> None:
    """A scope that is missing, empty or no key is refused, with the field."""
    for named, field in (
        ({}, "scope"),
        ({"all": False}, "all"),
        ({"tag": ""}, "tag"),
        ({"model": ""}, "model"),
        ({"key": "no key"}, "key"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await invalidate(two[0], **named)
        assert grpc.StatusCode.INVALID_ARGUMENT == failed.value.code()
        [violation] = detail(failed.value, error_details_pb2.BadRequest).field_violations
        assert field == violation.field


async def test_without_any_server(two: Two, nodes: list[Memcached]) -> None:
    """An invalidation that no server takes is an error: the answers may come back with the servers."""
    for node in nodes:
        node.kill()
    try:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await invalidate(two[0], all=True)
    finally:
        for node in nodes:
            node.start()

    assert grpc.StatusCode.UNAVAILABLE == failed.value.code()


def test_whose_answers() -> None:
    """An administrator names answers of all tenants; anybody else those of the own tenant, whatever is named."""
    admin = Principal("ops", scopes=frozenset({"admin"}))
    user = Principal("acme", scopes=frozenset({"cache"}))
    tag, everything = cache_pb2.InvalidateCacheRequest(tag="t"), cache_pb2.InvalidateCacheRequest(all=True)
    theirs = cache_pb2.InvalidateCacheRequest(tenant="other")

    assert [scope(None, "tag", "t"), scope(None, "all")] == [_scope(one, admin) for one in (tag, everything)]
    assert [scope("acme", "tag", "t"), scope("acme", "all")] == [_scope(one, user) for one in (tag, everything)]
    assert scope("other", "all") == _scope(theirs, admin)
    with pytest.raises(InvalidRequest):
        _scope(theirs, user)


async def test_local_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without memcached a renewed scope has another generation, others keep theirs; too many renew everything."""
    kept = LocalGenerations()
    before = await kept.current(["a", "b"])
    await kept.renew("a")
    after = await kept.current(["a", "b"])
    monkeypatch.setattr(generations, "_MOST_KNOWN", 1)
    await kept.renew("c")

    assert before is not None
    assert after is not None
    assert (True, False) == (before["b"] == after["b"], before["a"] == after["a"])
    assert not set((await kept.current(["a", "b"]) or {}).values()) & {*before.values(), *after.values()}


@pytest.fixture
async def store(nodes: list[Memcached]) -> AsyncIterator[MemcachedStore]:
    """Make a store of two servers that waits for them however loaded the machine is."""
    store = MemcachedStore([node.address for node in nodes], timeout=10)
    yield store
    await store.close()


async def told(store: MemcachedStore) -> str:
    """Ask for a generation as a process does that never heard of it."""
    found = await SharedGenerations(store, "llmrpc").current(["a"])
    assert found is not None
    return found["a"]


async def test_shared_generations(store: MemcachedStore) -> None:
    """All processes agree on a generation, the first one included, and on each that follows."""
    processes = [SharedGenerations(store, "llmrpc") for _ in range(5)]
    first = await asyncio.gather(*(process.current(["a", "b"]) for process in processes))
    assert 1 == len({(found or {}).get("a") for found in first})
    renewed = []
    for process in processes:
        assert await process.renew("a")
        renewed.append(await told(store))

    assert sorted(set(renewed)) == renewed
    assert (first[0] or {})["a"] < renewed[0]


async def test_a_lost_generation_is_another(store: MemcachedStore, nodes: list[Memcached]) -> None:
    """A generation that all servers forgot comes back as one that never was: what it had made unreachable stays so."""
    before = [await told(store)]
    for _ in range(5):
        for node in nodes:
            with node.client() as client:
                client.flush_all()
        before.append(await told(store))

    assert 6 == len(set(before))


async def test_one_that_slept_is_told(store: MemcachedStore, nodes: list[Memcached]) -> None:
    """A server that missed an invalidation has the earlier generation; the later one holds, and it is told."""
    earlier = await told(store)
    await SharedGenerations(store, "llmrpc").renew("a")
    later = await told(store)
    key = "llmrpc:g:a"
    await store.nodes[1].set(key, earlier.encode(), 60)

    assert later == await told(store)
    other = MemcachedStore([nodes[1].address], timeout=10)
    assert later == await told(other)
    await other.close()


async def test_a_server_that_slept_is_told(nodes: list[Memcached]) -> None:
    """A server that hung during an invalidation hears of it when it is back: nobody has to ask for that first."""
    store = MemcachedStore([node.address for node in nodes])
    process = SharedGenerations(store, "llmrpc")
    alone = MemcachedStore([nodes[1].address], timeout=10)
    earlier = await told(store)
    nodes[1].pause()
    try:
        while not store.nodes[1].down:
            await store.get_everywhere(["a"])
        assert await process.renew("a")
    finally:
        nodes[1].go_on()

    async with asyncio.timeout(20):
        while (later := await told(alone)) == earlier:
            await asyncio.sleep(0.01)
    assert {"a": later} == await process.current(["a"])
    await process.close()
    await asyncio.gather(store.close(), alone.close())


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("junk", [b"", b"zz", b"\xff" * 32, b"f" * 31, b"f" * 32, bytes(range(100, 132))])
async def test_foreign_bytes_are_no_generation(store: MemcachedStore, junk: bytes, everywhere: bool) -> None:
    """What somebody else left under a generation's key does not hold, and is replaced; what follows is later."""
    for node in store.nodes if everywhere else store.nodes[:1]:
        await node.set("llmrpc:g:a", junk, 60)
    generation = await told(store)

    assert generation == await told(store)
    assert await SharedGenerations(store, "llmrpc").renew("a")
    assert generation < await told(store)


async def test_streams_are_invalidated_too(two: Two) -> None:
    """A streamed answer lies in the same scopes."""
    await stream(two[0], TAGGED)
    await invalidate(two[1], tag="other")

    assert MISS == (await stream(two[0], TAGGED))[-1].completed.accounting.cache.status
