"""More calls than the server carries are refused at once; who waits is served in turn, or leaves with its deadline."""

import asyncio
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from llmrpc.v1 import model_pb2
from survival.asking import Seen, scripted, see


def limited(faults: ThreadedFaultProvider, **limits: Any) -> dict[str, Any]:
    """Write a configuration with limits."""
    return {**faulty(faults), "limits": limits}


def started(gateway: Gateway, targets: list[str], count: int, **options: Any) -> list[asyncio.Task[Seen]]:
    """Start calls."""
    return [asyncio.create_task(see(gateway, targets, **options)) for _ in range(count)]


async def test_one_too_many_is_refused_at_once(faults: ThreadedFaultProvider) -> None:
    """With the server full and its queue full, RESOURCE_EXHAUSTED with a delay; health and other RPCs answer."""
    model = scripted(faults, "slow-first=2500ms")
    async with running(limited(faults, server={"in_flight": 2, "waiting": 1})) as gateway:
        calls = started(gateway, [f"openai/{model}"], 3)
        await faults.wait_until(lambda attempts: len(attempts) == 2)
        refused = await see(gateway, [f"openai/{model}"])
        at_once = not any(call.done() for call in calls)
        health = health_pb2_grpc.HealthStub(gateway.channel)
        assert health_pb2.HealthCheckResponse.SERVING == (await health.Check(health_pb2.HealthCheckRequest())).status
        assert (await gateway.models.ListModels(model_pb2.ListModelsRequest(), timeout=5)).models
        served = await asyncio.gather(*calls)

    assert ("RESOURCE_EXHAUSTED", "OVERLOADED", []) == (refused.code, refused.reason, refused.attempts)
    assert refused.retry_after
    assert at_once
    assert ["OK"] * 3 == [one.code for one in served]
    assert 3 == len(faults.attempts)


async def test_who_waits_keeps_its_deadline(faults: ThreadedFaultProvider) -> None:
    """A call whose deadline passes in the queue ends then, costs nothing and leaves its place to the next."""
    slow, quick = scripted(faults, "slow-first=3s"), scripted(faults, "ok")
    async with running(limited(faults, server={"in_flight": 1, "waiting": 5})) as gateway:
        first = started(gateway, [f"openai/{slow}"], 1)
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        hurried = started(gateway, [f"openai/{quick}"], 1, deadline=1.5)
        patient = started(gateway, [f"openai/{quick}"], 1)
        late, served = await hurried[0], await patient[0]
        await first[0]

    assert ("DEADLINE_EXCEEDED", []) == (late.code, late.attempts)
    assert "OK" == served.code
    assert 2 == len(faults.attempts)


async def test_a_busy_target_yields_to_the_next(faults: ThreadedFaultProvider) -> None:
    """A target with all the attempts that it may have is passed over; alone, it refuses at once."""
    slow, backup = scripted(faults, "slow-first=1m"), scripted(faults, "voice=b")
    async with running(limited(faults, target={"in_flight": 1})) as gateway:
        first = started(gateway, [f"openai/{slow}"], 1)
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        elsewhere = await see(gateway, [f"openai/{slow}", f"anthropic/{backup}"])
        alone = await see(gateway, [f"openai/{slow}"])
        first[0].cancel()
        await asyncio.gather(*first, return_exceptions=True)

    assert ("OK", {"anthropic": 1}) == (elsewhere.code, elsewhere.by_provider)
    assert ("RESOURCE_EXHAUSTED", "OVERLOADED", []) == (alone.code, alone.reason, alone.attempts)


async def test_nobody_waits_while_another_is_free(faults: ThreadedFaultProvider) -> None:
    """A queue before a target is for who has nowhere else to go."""
    slow, backup = scripted(faults, "slow-first=3s"), scripted(faults, "voice=b")
    async with running(limited(faults, target={"in_flight": 1, "waiting": 5})) as gateway:
        first = started(gateway, [f"openai/{slow}"], 1)
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        elsewhere = await see(gateway, [f"openai/{slow}", f"anthropic/{backup}"], deadline=2)
        first[0].cancel()
        await asyncio.gather(*first, return_exceptions=True)

    assert ("OK", {"anthropic": 1}) == (elsewhere.code, elsewhere.by_provider)


async def test_a_queue_before_a_target(faults: ThreadedFaultProvider) -> None:
    """Attempts wait for their turn at a target, and all are served."""
    model = scripted(faults, "slow-first=100ms")
    async with running(limited(faults, target={"in_flight": 2, "waiting": 20})) as gateway:
        served = await asyncio.gather(*started(gateway, [f"openai/{model}"], 10))

    assert {"OK"} == {one.code for one in served}
    begun = sorted(attempt.received_ms for attempt in faults.attempts)
    ended = sorted(attempt.finished_ms or 0.0 for attempt in faults.attempts)
    # The third begins when the first has ended, and so on.
    assert all(later >= earlier for earlier, later in zip(ended, begun[2:], strict=False))
