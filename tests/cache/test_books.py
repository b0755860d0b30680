"""What a call's books say where another call, or an earlier one, made its answer."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import aclosing

import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from cache.test_key import call as made
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.cache.single_flight import Run, SingleFlight
from llmrpc_server.cache.stats import CacheStats
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.errors import CacheMiss, DeadlineExceeded

COST = accounting_pb2.Cost(currency_code="USD", units=1, picos=500_000_000_000)
BEGUN = Event(part_started=completion_pb2.PartStarted())
COMPLETED = Event(completed=completion_pb2.CompleteResponse(provider_finish_reason="stop"))


def caller(name: str) -> Call:
    """Make a call of that id."""
    one = made(completion_pb2.CompleteRequest(model="fast"))
    one.id = name
    return one


class Asking:
    """A run of one attempt that costs something and ends when the test says so."""

    def __init__(self) -> None:
        self.ends = asyncio.Event()
        self.ids: list[str] = []

    async def __call__(self, run: Run) -> Events:
        """Ask."""
        self.ids.append(run.call.id)
        attempt = accounting_pb2.Attempt(number=1, target=accounting_pb2.Target(provider="vendor", model="model"))
        run.call.attempts.append(attempt)
        yield BEGUN
        await self.ends.wait()
        self.ids.append(run.call.id)
        attempt.cost.CopyFrom(COST)
        yield COMPLETED


async def followed(flights: SingleFlight, call: Call, asking: Callable[[Run], Events]) -> None:
    """Follow to the end."""
    async with aclosing(flights.follow(call, "same", asking)) as events:
        async for _ in events:
            pass


async def test_one_pays() -> None:
    """Of three that share a run the first has its attempt and its cost; the others cost nothing and saved it."""
    flights, asking, calls = SingleFlight(), Asking(), [caller(name) for name in "abc"]
    tasks = [asyncio.create_task(followed(flights, call, asking)) for call in calls]
    await asyncio.sleep(0)
    asking.ends.set()
    await asyncio.gather(*tasks)
    first, *others = [call.accounting() for call in calls]

    assert (1, False) == (first.attempts_total, first.HasField("saved"))
    for books in others:
        assert (0, COST, "a") == (books.attempts_total, books.saved, books.cache.origin_call_id)
        assert accounting_pb2.Cost(currency_code="USD") == books.cost


async def test_who_stays_pays() -> None:
    """When the one who pays leaves early, the one who has followed longest pays, from that moment on."""
    flights, asking, calls = SingleFlight(), Asking(), [caller(name) for name in "abc"]
    tasks = [asyncio.create_task(followed(flights, call, asking)) for call in calls]
    while not asking.ids:
        await asyncio.sleep(0)
    tasks[0].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await tasks[0]
    asking.ends.set()
    await asyncio.gather(*tasks[1:])

    assert [0, 1, 0] == [call.accounting().attempts_total for call in calls]
    assert ["a", "b"] == asking.ids
    assert ["a", "b"] == [call.cache.origin_call_id for call in calls[1:]]
    assert [False, True] == [call.accounting().HasField("saved") for call in calls[1:]]


async def test_who_leaves_last_pays() -> None:
    """When all leave, the attempt that was begun for them stands in the books of the last."""
    flights, asking, calls = SingleFlight(), Asking(), [caller(name) for name in "ab"]
    tasks = [asyncio.create_task(followed(flights, call, asking)) for call in calls]
    while not asking.ids:
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    assert [0, 1] == [call.accounting().attempts_total for call in calls]


async def test_who_has_heard_the_end_pays_nothing_more() -> None:
    """When the one who pays leaves after others have heard the end, it pays: their books are closed."""
    flights, asking, calls = SingleFlight(), Asking(), [caller(name) for name in "ab"]
    slow = flights.follow(calls[0], "same", asking)
    await anext(slow)
    asking.ends.set()
    async with aclosing(flights.follow(calls[1], "same", asking)) as events:
        async for event in events:
            if event.HasField("completed"):
                await slow.aclose()

    assert [1, 0] == [call.accounting().attempts_total for call in calls]


async def test_ones_own_deadline_is_leaving() -> None:
    """When the time of the one who pays is up, the attempt goes on in the books of the other."""
    flights, asking, calls = SingleFlight(), Asking(), [caller(name) for name in "ab"]
    calls[0].deadline = asyncio.get_running_loop().time() + 0.01
    tasks = [asyncio.create_task(followed(flights, call, asking)) for call in calls]
    with pytest.raises(DeadlineExceeded):
        await tasks[0]
    asking.ends.set()
    await tasks[1]

    assert [0, 1] == [call.accounting().attempts_total for call in calls]


class Refused(Asking):
    """A run that is refused for what the call whose books it is in may not do."""

    @override
    async def __call__(self, run: Run) -> Events:
        """Ask, and refuse the first."""
        self.ids.append(run.call.id)
        await self.ends.wait()
        if run.call.id == "a":
            raise CacheMiss("stands for a budget that is used up")
        yield COMPLETED


async def test_anothers_refusal_is_its_own() -> None:
    """What the one who pays may not do, those who follow it may: one of them asks, the others join that."""
    flights, asking, calls = SingleFlight(), Refused(), [caller(name) for name in "abc"]
    tasks = [asyncio.create_task(followed(flights, call, asking)) for call in calls]
    while not asking.ids:
        await asyncio.sleep(0)
    asking.ends.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [CacheMiss, type(None), type(None)] == [type(result) for result in results]
    assert ["a", "b"] == asking.ids


def test_what_was_saved_is_counted() -> None:
    """Stats and metrics add up by route what hits and joined calls saved, to the pico; of the idle there are none."""
    registry = CollectorRegistry()
    stats = CacheStats(["fast", "idle"], registry)
    for _ in range(3):
        call = caller("a")
        call.cache.status = accounting_pb2.CACHE_STATUS_HIT
        call.saved = COST
        stats.used(call)
    [route] = stats.all()

    assert ("fast", 3) == (route.route, route.hits)
    assert accounting_pb2.Cost(currency_code="USD", units=4, picos=500_000_000_000) == route.saved
    told = [sample for family in registry.collect() for sample in family.samples if "_created" not in sample.name]
    assert [
        ("llmrpc_cache_calls_total", {"route": "fast", "status": "hits"}, 3),
        ("llmrpc_cache_saved_total", {"route": "fast", "currency": "USD"}, 4.5),
    ] == [(sample.name, sample.labels, sample.value) for sample in told]
