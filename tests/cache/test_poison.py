"""What others leave in memcached under our keys never surfaces and never raises."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache.calls import HIT, MISS, asked, caching, complete, status
from fault_provider import ThreadedFaultProvider
from llmrpc.v1 import completion_pb2
from llmrpc_server.cache import entry, frame
from llmrpc_server.cache.answers import Answers
from llmrpc_server.cache.entry import Entry
from llmrpc_server.cache.memcached import MemcachedStore
from llmrpc_server.cache.store import Stored
from llmrpc_server.config import CacheSettings
from memcached import Memcached

KEY, TARGET, SCOPES = "0" * 32, "openai/gpt-4o", ["a", "b"]

in_one_loop = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def store(nodes: list[Memcached]) -> AsyncIterator[MemcachedStore]:
    """Make a store of two servers that waits for them however loaded the machine is."""
    store = MemcachedStore([node.address for node in nodes], timeout=10)
    yield store
    await store.close()


@pytest.fixture
def answers(store: MemcachedStore) -> Answers:
    """Make a cache that has memcached alone."""
    return Answers(CacheSettings(memory=0, timeout="10s"), store)  # type: ignore[arg-type]


def place() -> str:
    """Return where the answer lies."""
    return Answers(CacheSettings(), None)._place(KEY, TARGET)


def made(generations: dict[str, str], *, ttl: float = 60) -> Entry:
    """Make an entry."""
    response = completion_pb2.CompleteResponse(provider_finish_reason="stop")
    now = time.time()
    return Entry(b"", "1", generations, now, now + ttl, response.SerializeToString(), b"")


async def found(answers: Answers) -> bool:
    """Look for the answer."""
    return (await answers.find(KEY, [TARGET], lambda: SCOPES)).answer is not None


async def stored(answers: Answers, store: MemcachedStore) -> bytes:
    """Store a good answer; return its bytes in memcached."""
    current = await answers.generations.current(SCOPES)
    assert current is not None
    one = made(dict(current))
    assert Stored.STORED == await answers.keep_there(KEY, TARGET, one, entry.write(one), refreshed=False)
    assert await found(answers)
    return (await store.get_many([place()])).values[place()]


def mutations(good: bytes) -> Iterator[bytes]:
    """Yield what it must not be taken for."""
    yield from (good[:length] for length in range(0, len(good), 7))
    yield from (good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :] for at in range(0, len(good), 3))
    yield from (good + b"\0", good * 2, good[::-1], b"")
    version = bytearray(good)
    version[2] += 1
    yield bytes(version)


async def test_cut_changed_and_of_other_versions(answers: Answers, store: MemcachedStore) -> None:
    """An entry that was cut or changed anywhere, or is of another version, is not there."""
    good = await stored(answers, store)
    for bad in mutations(good):
        await store.set(place(), bad, 60)
        assert not await found(answers), bad

    await store.set(place(), good, 60)
    assert await found(answers)


@given(st.binary(max_size=300), st.booleans())
@in_one_loop
def test_random_bytes(data: bytes, framed: bool) -> None:
    """Bytes that are no entry are none, with our frame around them or not."""
    packed = frame.pack(place(), data) if framed else data
    unpacked = frame.unpack(place(), packed)

    assert framed == (unpacked is not None)
    assert entry.read(data) is None


@given(
    st.lists(
        st.one_of(st.binary(max_size=9), st.text(max_size=9), st.floats(), st.integers(-9, 9), st.none()), max_size=9
    )
)
def test_values_of_another_shape(values: list[object]) -> None:
    """A value that another version of this program could have written is none, or a whole entry; nothing raises."""
    read = entry.read(msgspec.msgpack.encode(values))

    assert read is None or isinstance(read.entry.generations, dict)


@pytest.mark.parametrize("field", ["stored", "expires"])
@pytest.mark.parametrize("moment", [math.nan, math.inf, -1.0, 1e300])
def test_times_that_are_none(field: str, moment: float) -> None:
    """An entry with a time that no clock shows is none: no caller could be told of it."""
    assert entry.read(entry.write(made({}))) is not None
    assert entry.read(entry.write(msgspec.structs.replace(made({}), **{field: moment}))) is None


async def test_an_entry_that_moved(answers: Answers, store: MemcachedStore) -> None:
    """A good entry under another call's key, or another target's, is not there."""
    good = await stored(answers, store)
    other = answers._place("1" * 32, TARGET)
    await store.set(other, good, 60)

    assert (await answers.find("1" * 32, [TARGET], lambda: SCOPES)).answer is None


@pytest.mark.parametrize("flaw", ["late", "generation", "scope"])
async def test_what_is_over(answers: Answers, store: MemcachedStore, flaw: str) -> None:
    """An entry whose time is over, or whose generations are not the current ones, is not served."""
    current = dict(await answers.generations.current(SCOPES) or {})
    bad = {
        "late": made(current, ttl=-1),
        "generation": made({**current, "a": "0" * 32}),
        "scope": made({**current, "unheard of": "0" * 32}),
    }[flaw]
    await store.set(place(), frame.pack(place(), entry.write(bad)), 60)

    assert not await found(answers)


async def test_through_grpc(faults: ThreadedFaultProvider, nodes: list[Memcached]) -> None:
    """With every value in memcached replaced by junk calls go on, are misses, and then hits again."""
    async with caching(faults, nodes) as gateway:
        key = (await complete(gateway, asked())).accounting.cache.key
        assert HIT == await status(gateway, asked())
        where = gateway.app._cache.answers._place(key, "openai/gpt-4o")
        for junk in (b"", b"junk", b"LR\x01\x00" + bytes(16), b"LR\x01\x01" + bytes(40)):
            for node in nodes:
                with node.client() as client:
                    client.set(where, junk)
            assert MISS == await status(gateway, asked())
            async with asyncio.timeout(20):
                while await status(gateway, asked()) != HIT:
                    pass
