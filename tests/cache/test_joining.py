"""Identical calls under way share one run, through gRPC."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
import structlog

from cache.calls import HIT, JOINED, MISS, REFRESH, SLOW, Event, arrived, asked, caching, complete, stream
from fault_provider import Attempt, ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import completion_pb2


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run a server whose memory is its cache."""
    async with caching(faults) as gateway:
        yield gateway


def gone(attempts: list[Attempt]) -> bool:
    """Tell whether the upstream request was closed."""
    return bool(attempts) and attempts[0].client_gone_ms is not None


async def followed(gateway: Gateway, condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that must happen."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.005)


def text(events: list[Event]) -> str:
    """Join what the deltas of a stream say."""
    return "".join(event.part_delta.text for event in events)


@pytest.mark.parametrize("kinds", ["unary", "stream", "mixed"])
async def test_two_hundred_make_one(gateway: Gateway, faults: ThreadedFaultProvider, kinds: str) -> None:
    """Of 200 identical calls one asks; all have the whole answer, and one alone has the attempt in its books."""
    streams = {"unary": [False], "stream": [True], "mixed": [False, True]}[kinds] * 200
    calls = [
        stream(gateway, asked(SLOW)) if streaming else complete(gateway, asked(SLOW)) for streaming in streams[:200]
    ]
    results: list[Any] = await asyncio.gather(*calls)
    answers = [result[-1].completed if isinstance(result, list) else result for result in results]

    assert 1 == len(faults.attempts)
    assert 1 == len({answer.message.SerializeToString() for answer in answers})
    assert [0] * 199 + [1] == sorted(answer.accounting.attempts_total for answer in answers)
    # One that comes when all is over, on a slow machine, finds the answer.
    assert {MISS, JOINED} <= {answer.accounting.cache.status for answer in answers} <= {MISS, JOINED, HIT}
    [first] = [answer for answer in answers if answer.accounting.attempts_total]
    joined = [answer for answer in answers if not answer.accounting.attempts_total]
    assert {first.accounting.call_id} == {answer.accounting.cache.origin_call_id for answer in joined}
    assert {"openai"} == {answer.accounting.target.provider for answer in joined}
    for result in results:
        if isinstance(result, list):
            assert answers[0].message.parts[0].text == text(result)


async def test_a_late_one_hears_all(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Who joins a stream in its middle gets what was said so far at once, and then follows."""
    early = gateway.completion.StreamComplete(asked("openai/tokens=40+slow-tokens=20ms"), timeout=30)
    iterator = aiter(early)
    while not (await anext(iterator)).HasField("part_delta"):
        pass
    late = await stream(gateway, asked("openai/tokens=40+slow-tokens=20ms"))
    rest = [event async for event in iterator]

    assert 1 == len(faults.attempts)
    assert JOINED == late[0].started.cache_status
    assert list(range(1, len(late) + 1)) == [event.sequence for event in late]
    assert rest[-1].completed.message == late[-1].completed.message
    assert late[-1].completed.message.parts[0].text == text(late)


async def test_the_first_may_leave(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """The one who began it cancels; the other gets the answer, and the attempt is now in its books."""
    first = gateway.completion.Complete(asked(SLOW), timeout=30)
    waiting = asyncio.ensure_future(first)
    await faults.wait_until(arrived)
    second = asyncio.create_task(complete(gateway, asked(SLOW)))
    await joined(gateway, 1)
    first.cancel()
    answer = await second
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert 1 == len(faults.attempts)
    assert (JOINED, 1) == (answer.accounting.cache.status, answer.accounting.attempts_total)
    again = await complete(gateway, asked(SLOW))
    assert HIT == again.accounting.cache.status
    # The books that have the attempt are those to look at for what made the answer.
    assert answer.accounting.call_id == again.accounting.cache.origin_call_id


async def joined(gateway: Gateway, count: int) -> None:
    """Wait until a run has so many followers beside the one who began it."""
    async with asyncio.timeout(20):
        while sum(len(run.followers) for run in gateway.app._cache.single_flight._under_way.values()) <= count:
            await asyncio.sleep(0.005)


async def test_the_last_takes_it_down(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """When the last caller has left, the upstream request is closed, and the next call begins anew."""
    calls = [gateway.completion.Complete(asked("openai/stall@3"), timeout=30) for _ in range(3)]
    waiting = [asyncio.ensure_future(call) for call in calls]
    await faults.wait_until(arrived)
    await joined(gateway, 2)
    for call in calls[:2]:
        call.cancel()
    await asyncio.wait(waiting[:2])
    assert not gone(faults.attempts)
    calls[2].cancel()
    await faults.wait_until(gone)
    await asyncio.wait(waiting)
    with pytest.raises(grpc.aio.AioRpcError):
        await gateway.completion.Complete(asked("openai/stall@3"), timeout=0.8)

    assert 2 == len(faults.attempts)


async def test_deadlines_are_each_callers_own(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """The run has the latest deadline of its callers: one whose time is up is told so, the other gets the answer."""
    model = "openai/slow-first=3s"
    hasty = asyncio.ensure_future(gateway.completion.Complete(asked(model), timeout=2))
    await faults.wait_until(arrived)
    patient = asyncio.create_task(complete(gateway, asked(model)))
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await hasty

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    assert JOINED == (await patient).accounting.cache.status
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize(
    "limit",
    [
        {"routing": completion_pb2.RoutingPolicy(max_attempts=1)},
        {"routing": completion_pb2.RoutingPolicy(attempt_timeout={"seconds": 9})},  # type: ignore[arg-type]
        {"mode": REFRESH},
    ],
    ids=["attempts", "timeout", "refresh"],
)
async def test_who_does_not_join(gateway: Gateway, faults: ThreadedFaultProvider, limit: dict[str, Any]) -> None:
    """A call with other limits, or one that wants a fresh answer, asks itself."""
    other = asyncio.create_task(complete(gateway, asked(SLOW)))
    await faults.wait_until(arrived)
    answer = await complete(gateway, asked(SLOW, **limit))
    await other

    assert MISS == answer.accounting.cache.status
    assert 2 == len(faults.attempts)


async def test_errors_reach_everybody(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Who shares a run shares its failure; the next call asks again."""
    model = "openai/status=400+slow-headers=1500ms"
    results = await asyncio.gather(*(complete(gateway, asked(model)) for _ in range(10)), return_exceptions=True)
    assert [grpc.StatusCode.INVALID_ARGUMENT] * 10 == [
        result.code() for result in results if isinstance(result, grpc.aio.AioRpcError)
    ]
    assert 1 == len(faults.attempts)
    with pytest.raises(grpc.aio.AioRpcError):
        await complete(gateway, asked(model))

    assert 2 == len(faults.attempts)


async def test_a_broken_stream_is_not_a_whole_answers_end(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Who waits for a whole answer and shares a stream's run that breaks off begins anew: it has seen nothing yet."""
    model = "openai/cut@5+slow-tokens=40ms"
    broken = asyncio.create_task(stream(gateway, asked(model)))
    await faults.wait_until(lambda attempts: bool(attempts) and attempts[0].tokens_sent > 0)
    with pytest.raises(grpc.aio.AioRpcError):
        await complete(gateway, asked(model))
    with pytest.raises(grpc.aio.AioRpcError):
        await broken

    assert len(faults.attempts) > 1


async def test_random_cancellation(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Whoever cancels at any moment, the others have the complete answer, and nothing unexpected is in the log."""
    rng = random.Random(7)
    with structlog.testing.capture_logs() as logs:
        for number in range(60):
            await one_round(gateway, rng, f"openai/tokens=6+slow-tokens={rng.randint(0, 3)}ms", f"round {number}")

    assert [] == [line for line in logs if line["log_level"] == "error"]
    assert {} == gateway.app._cache.single_flight._under_way


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_ten_thousand_rounds(gateway: Gateway) -> None:
    """Runs that outlive the RPCs that began them crash nothing and leave nothing behind."""
    rng = random.Random(7)
    before = len(asyncio.all_tasks())
    limit = asyncio.Semaphore(20)

    async def limited(number: int) -> None:
        """Make a round when there is room for it."""
        async with limit:
            await one_round(gateway, rng, f"openai/tokens=6+slow-tokens={rng.randint(0, 3)}ms", f"round {number}")

    with structlog.testing.capture_logs() as logs:
        await asyncio.gather(*(limited(number) for number in range(10_000)))

    assert [] == [line for line in logs if line["log_level"] == "error"]
    assert {} == gateway.app._cache.single_flight._under_way
    assert len(asyncio.all_tasks()) <= before + 5


async def one_round(gateway: Gateway, rng: random.Random, model: str, prompt: str) -> None:
    """Make some identical calls and cancel some of them."""
    wanted = asked(model, prompt)
    calls = [
        (gateway.completion.StreamComplete if rng.random() < 0.5 else gateway.completion.Complete)(wanted, timeout=30)
        for _ in range(rng.randint(2, 6))
    ]
    waiting = [asyncio.create_task(whole(call)) for call in calls]
    leaving = [call for call in calls if rng.random() < 0.5]
    for call in leaving:
        await asyncio.sleep(rng.random() * 0.01)
        call.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    for call, result in zip(calls, results, strict=True):
        if isinstance(result, BaseException):
            assert call in leaving, result
        else:
            assert completion_pb2.FINISH_REASON_STOP == result.finish_reason
    assert 1 >= len({result.message.SerializeToString() for result in results if not isinstance(result, BaseException)})


async def whole(call: Any) -> completion_pb2.CompleteResponse:
    """Wait for the answer, streamed or not."""
    if isinstance(call, grpc.aio.UnaryUnaryCall):
        answer: completion_pb2.CompleteResponse = await call
        return answer
    events = [event async for event in call]
    completed: completion_pb2.CompleteResponse = events[-1].completed
    return completed
