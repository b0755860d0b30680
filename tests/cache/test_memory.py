"""The process's own memory as a store."""

from llmrpc_server.cache.memory import MemoryStore
from llmrpc_server.cache.store import Found, Stored


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


async def test_keeps_and_forgets() -> None:
    """What was stored is there, what was not or was deleted is not."""
    store = MemoryStore(10_000)
    await store.set("a", b"1", 60)
    await store.set("b", b"2", 60)
    await store.set("a", b"3", 60)
    await store.delete("b")

    assert Found({"a": b"3"}) == await store.get_many(["a", "b", "c"])


async def test_time_to_live() -> None:
    """A value is there until its time is over."""
    clock = Clock()
    store = MemoryStore(10_000, clock=clock)
    await store.set("a", b"1", 60)
    clock.now += 59
    assert Found({"a": b"1"}) == await store.get_many(["a"])
    clock.now += 1

    assert Found({}) == await store.get_many(["a"])
    assert 0 == store.size


async def test_bounded_in_bytes() -> None:
    """The store never holds more bytes than it may, and what was used least recently goes first."""
    store = MemoryStore(4_000)
    for name in ("a", "b", "c"):
        await store.set(name, bytes(900), 60)
    await store.get_many(["a"])
    await store.set("d", bytes(900), 60)

    assert {"a", "c", "d"} == (await store.get_many(["a", "b", "c", "d"])).values.keys()
    assert store.size <= 4_000


async def test_too_large() -> None:
    """A value that is larger than the store is refused, and costs no other its place; the one before it is gone."""
    store = MemoryStore(4_000)
    await store.set("a", b"1", 60)
    await store.set("b", b"2", 60)

    assert Stored.REFUSED == await store.set("b", bytes(5_000), 60)
    assert Found({"a": b"1"}) == await store.get_many(["a", "b"])


async def test_add() -> None:
    """Only the first of several gets the key, until its time is over."""
    clock = Clock()
    store = MemoryStore(10_000, clock=clock)
    results = [await store.add("a", b"1", 10), await store.add("a", b"2", 10)]
    clock.now += 10
    results.append(await store.add("a", b"3", 10))

    assert [Stored.STORED, Stored.REFUSED, Stored.STORED] == results
    assert Found({"a": b"3"}) == await store.get_many(["a"])
