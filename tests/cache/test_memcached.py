"""Memcached servers as one store, with real ones."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest
import structlog

from llmrpc_server.cache.memcached import MAX_VALUE_BYTES, MemcachedStore
from llmrpc_server.cache.node import TIMEOUT_SECONDS
from llmrpc_server.cache.store import Found, Stored
from memcached import Memcached

MANY = [f"key-{number}" for number in range(50)]


@pytest.fixture
async def store(nodes: list[Memcached]) -> AsyncIterator[MemcachedStore]:
    """Make a store of two servers that waits for them however loaded the machine is."""
    store = MemcachedStore([node.address for node in nodes], timeout=10)
    yield store
    await store.close()


def held(node: Memcached) -> int:
    """Count how many of the keys a server has."""
    with node.client() as client:
        return len(client.get_many(MANY))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_keeps_and_forgets(store: MemcachedStore) -> None:
    """What was stored is there, what was not or was deleted is not."""
    await store.set("a", b"1", 60)
    await store.set("b", b"2\r\nEND\r\n", 60)
    await store.set("c", b"3", 60)
    await store.delete("c")

    assert Found({"a": b"1", "b": b"2\r\nEND\r\n"}) == await store.get_many(["a", "b", "c"])


async def test_add(store: MemcachedStore) -> None:
    """Of many at once exactly one gets the key."""
    results = await asyncio.gather(*(store.add("lease", b"1", 60) for _ in range(20)))

    assert [Stored.REFUSED] * 19 + [Stored.STORED] == sorted(results, key=lambda result: result.value)


async def test_long_times(store: MemcachedStore) -> None:
    """A time to live of more than 30 days is 30 days, not a moment of 1970."""
    await store.set("a", b"1", 31 * 24 * 3600)

    assert Found({"a": b"1"}) == await store.get_many(["a"])


async def test_too_large(store: MemcachedStore) -> None:
    """What memcached has no room for is refused, by us or by it, and nobody counts as down."""
    assert Stored.REFUSED == await store.set("a", bytes(MAX_VALUE_BYTES + 1), 60)
    assert Stored.REFUSED == await store.nodes[0].set("a", bytes(2 * 1024 * 1024), 60)
    assert Stored.STORED == await store.set("a", bytes(MAX_VALUE_BYTES), 60)
    assert [False, False] == [node.down for node in store.nodes]


async def test_spread(store: MemcachedStore, nodes: list[Memcached]) -> None:
    """Each server has a share of the keys, and all processes agree which."""
    await asyncio.gather(*(store.set(key, b"1", 60) for key in MANY))
    shares = [held(node) for node in nodes]
    other = MemcachedStore([node.address for node in reversed(nodes)], timeout=10)
    found = await other.get_many(MANY)
    await other.close()

    assert len(MANY) == sum(shares)
    assert min(shares) > 5
    assert set(MANY) == found.values.keys()


async def test_gets_leave_together(nodes: list[Memcached]) -> None:
    """Gets that wait at the same time take few hops, and each gets its own."""
    store = MemcachedStore([nodes[0].address], timeout=10)
    await asyncio.gather(*(store.set(key, key.encode(), 60) for key in MANY))
    before = nodes[0].stat("cmd_get"), nodes[0].stat("bytes_read")
    results = await asyncio.gather(*(store.get_many([key]) for key in MANY for _ in range(4)))
    await store.close()

    assert [key.encode() for key in MANY for _ in range(4)] == [
        value for result in results for value in result.values.values()
    ]
    # memcached counts keys; each of the 50 was asked for once or twice, not four times.
    assert nodes[0].stat("cmd_get") - before[0] <= 2 * len(MANY)


async def test_a_killed_server(nodes: list[Memcached]) -> None:
    """Without one server the other has all keys; when it is back it gets its share again; the log says both once."""
    failures: list[str] = []
    store = MemcachedStore([node.address for node in nodes], failures.append, timeout=10)
    with structlog.testing.capture_logs() as logs:
        nodes[0].kill()
        try:
            while not store.nodes[0].down:
                await store.get_many(MANY)
            await asyncio.gather(*(store.set(key, b"1", 60) for key in MANY))
            found = await store.get_many(MANY)
        finally:
            nodes[0].start()
        await until(lambda: not store.nodes[0].down)
        again = await store.get_many(MANY)
    await store.close()

    assert (set(MANY), False) == (set(found.values), found.failed)
    assert len(again.values) < len(MANY)
    assert ["cache node down", "cache node up"] == [line["event"] for line in logs]
    assert {nodes[0].address} == set(failures)


async def test_all_servers_killed(store: MemcachedStore, nodes: list[Memcached]) -> None:
    """Without any server nothing is there, nothing is kept, nothing raises, and the caller is told."""
    for node in nodes:
        node.kill()
    try:
        while not all(node.down for node in store.nodes):
            assert Found({}, failed=True) == await store.get_many(MANY)
        results = [await store.set("a", b"1", 60), await store.add("a", b"1", 60)]
        await store.delete("a")
        found = await store.get_many(["a"])
    finally:
        for node in nodes:
            node.start()

    assert [Stored.FAILED, Stored.FAILED] == results
    assert Found({}, failed=True) == found


async def test_a_server_that_hangs(store: MemcachedStore, nodes: list[Memcached]) -> None:
    """A server that takes requests and answers none costs at most the timeout, and soon nothing; then it is back."""
    await asyncio.gather(*(store.set(key, b"1", 60) for key in MANY))
    hasty = MemcachedStore([node.address for node in nodes])
    nodes[1].pause()
    took = []
    try:
        while not hasty.nodes[1].down:
            started = time.monotonic()
            assert (await hasty.get_many(MANY)).failed
            took.append(time.monotonic() - started)
        # A loaded machine can be too slow for the other as well, and makes nobody quick.
        while (await hasty.get_many(MANY)).failed:
            assert hasty.nodes[1].down
    finally:
        nodes[1].go_on()
    await until(lambda: not hasty.nodes[1].down)
    await hasty.close()

    assert min(took) < TIMEOUT_SECONDS * 3
    assert set(MANY) == (await store.get_many(MANY)).values.keys()


async def test_cancelled_gets(store: MemcachedStore) -> None:
    """A caller that leaves takes nothing from those who wait for the same hop."""
    await store.set("a", b"1", 60)
    waiting = [asyncio.create_task(store.get_many(["a"])) for _ in range(10)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert [Found({"a": b"1"})] * 5 == [task.result() for task in waiting[1::2]]


async def test_a_server_that_is_none() -> None:
    """What speaks another protocol under a server's address is a server that is down."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say something that nobody understands."""
        writer.write(b"VALUE a b c d e\r\nHTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        store = MemcachedStore([f"{host}:{port}"])
        while not store.nodes[0].down:
            assert Found({}, failed=True) == await store.get_many(["a"])
        await store.close()


@pytest.mark.parametrize("answer", [b"V", b"x" * 65536], ids=["dripping", "flooding"])
async def test_a_server_that_never_ends(answer: bytes) -> None:
    """A server whose answer goes on and on is down like one that is silent, and keeps nobody from closing the store."""

    async def go_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say something every few milliseconds, as long as anybody listens."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            await reader.readline()
            while True:
                writer.write(answer)
                await writer.drain()
                await asyncio.sleep(0.005)

    server = await asyncio.start_server(go_on, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        store = MemcachedStore([f"{host}:{port}"])
        async with asyncio.timeout(10):
            while not store.nodes[0].down:
                assert Found({}, failed=True) == await store.get_many(["a"])
            await store.close()


async def test_a_server_that_answers_nothing_but_its_version() -> None:
    """A server that is down is back once it has answered what calls ask."""
    asked = asyncio.Semaphore(0)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as a server does that has no memory left for answers."""
        while request := await reader.readline():
            version = request.startswith(b"version")
            writer.write(b"VERSION 1.6.18\r\n" if version else b"SERVER_ERROR out of memory writing get response\r\n")
            await writer.drain()
            asked.release()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        store = MemcachedStore([f"{host}:{port}"])
        while not store.nodes[0].down:
            assert Found({}, failed=True) == await store.get_many(["a"])
        while not asked.locked():
            await asked.acquire()
        async with asyncio.timeout(10):
            for _ in range(2):
                await asked.acquire()
        assert store.nodes[0].down
        await store.close()
