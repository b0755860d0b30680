"""Targets that fail are left alone, tried by one call at a time, and asked again when they are back."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc.v1 import completion_pb2, model_pb2
from survival.asking import Seen, scripted, see

PROBE_SECONDS = 0.5
BREAKER = {"consecutive_failures": 3, "probe_interval": "500ms"}
State = model_pb2.HealthState


def with_breaker(faults: ThreadedFaultProvider, primary: str, backup: str = "", **settings: Any) -> dict[str, Any]:
    """Write a configuration with a route over one or two models."""
    targets = [f"openai/{primary}", *([f"anthropic/{backup}"] if backup else [])]
    return {**faulty(faults, default=targets), "breaker": {**BREAKER, **settings}}


def asked(faults: ThreadedFaultProvider, model: str) -> int:
    """Count the requests for a model."""
    return sum(attempt.model == model for attempt in faults.attempts)


async def many(gateway: Gateway, count: int, *, at_a_time: int = 1, streaming: bool = False) -> list[Seen]:
    """Make calls to the default route, some at a time."""
    turns = asyncio.Semaphore(at_a_time)

    async def one() -> Seen:
        """Wait for its turn."""
        async with turns:
            return await see(gateway, ["default"], streaming=streaming)

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def test_a_dead_target_is_left_alone(faults: ThreadedFaultProvider) -> None:
    """After some failures in a row only the fallback is asked."""
    primary, backup = scripted(faults, "status=503"), scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup, probe_interval="1h")) as gateway:
        seen = await many(gateway, 20)

    assert {"OK"} == {one.code for one in seen}
    assert 3 == asked(faults, primary)
    assert 20 == asked(faults, backup)


async def test_when_all_are_open_the_caller_knows_at_once(faults: ThreadedFaultProvider) -> None:
    """UNAVAILABLE with the delay until a target is tried again, and nothing is sent."""
    model = scripted(faults, "status=503")
    async with running(with_breaker(faults, model, probe_interval="30s")) as gateway:
        await many(gateway, 2)
        before = asked(faults, model)
        seen = await see(gateway, ["default"])

    assert ("UNAVAILABLE", "NO_TARGET_AVAILABLE", []) == (seen.code, seen.reason, seen.attempts)
    assert seen.retry_after is not None
    assert 0 < seen.retry_after <= 30
    assert before == asked(faults, model) == 3


async def test_a_plan_tells_who_is_left_alone(faults: ThreadedFaultProvider) -> None:
    """PlanCompletion names the target that would be passed over, and why."""
    primary, backup = scripted(faults, "status=503"), scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup, probe_interval="1h")) as gateway:
        await many(gateway, 3)
        planned = await gateway.completion.PlanCompletion(completion_pb2.PlanCompletionRequest(request=request()))

    assert [("openai", "is left alone after failures"), ("anthropic", "")] == [
        (one.target.provider, one.skip_reason) for one in planned.targets
    ]


async def test_flapping(faults: ThreadedFaultProvider) -> None:
    """During an outage the fallback serves, with one probe at a time; after a probe succeeded the primary does."""
    down = [*["slow-headers=200ms+status=503"] * 6, "ok"]
    primary, backup = scripted(faults, *down), scripted(faults, "voice=b")
    clock = asyncio.get_running_loop().time
    async with running(with_breaker(faults, primary, backup)) as gateway:
        await many(gateway, 3)
        tripped = asked(faults, primary)
        served: list[Seen] = []
        # Until the last failing probe has begun; the script's next answer is good.
        while asked(faults, primary) < len(down) - 1:
            served += await many(gateway, 8, at_a_time=8)
            await asyncio.sleep(0.05)
        recovered = clock()
        while {"openai": 1} != (last := await see(gateway, ["default"])).by_provider:
            served.append(last)
            await asyncio.sleep(0.02)
        took = clock() - recovered

    assert {"OK"} == {one.code for one in served}
    # One interval, what the last probe itself takes, and some for a busy machine.
    assert took < PROBE_SECONDS + 0.2 + 2
    probes = [attempt for attempt in faults.attempts if attempt.model == primary][tripped : len(down) - 1]
    ends = [attempt.finished_ms or 0.0 for attempt in probes]
    begins = [attempt.received_ms for attempt in probes]
    assert all(begin >= end for end, begin in zip(ends, begins[1:], strict=False)), (ends, begins)
    waits = [(begin - end) / 1000 for end, begin in zip(ends, begins[1:], strict=False)]
    assert all(wait >= PROBE_SECONDS * 0.9 for wait in waits), waits


async def test_a_probe_that_hangs_holds_nobody_up(faults: ThreadedFaultProvider) -> None:
    """When a probe meets silence, another call tries after the next interval; its caller goes on to the fallback."""
    primary = scripted(faults, *["status=503"] * 3, "silent", "ok")
    backup = scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup)) as gateway:
        await many(gateway, 2)
        await asyncio.sleep(PROBE_SECONDS)
        hanging = asyncio.create_task(see(gateway, ["default"], deadline=20))
        await faults.wait_until(lambda _: asked(faults, primary) == 4)
        began = asyncio.get_running_loop().time()
        while {"openai": 1} != (await see(gateway, ["default"])).by_provider:
            await asyncio.sleep(0.02)
        took = asyncio.get_running_loop().time() - began
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)

    assert took < 10 * PROBE_SECONDS


async def test_health_comes_back_by_itself(faults: ThreadedFaultProvider) -> None:
    """A balancer that sends nothing to what is not serving hears of it when a probe would be let through."""
    model = scripted(faults, *["status=503"] * 3, "ok")
    async with running(with_breaker(faults, model)) as gateway:
        await many(gateway, 2)
        watching = health_pb2_grpc.HealthStub(gateway.channel).Watch(
            health_pb2.HealthCheckRequest(service="model/default")
        )
        states = [(await watching.read()).status]
        async with asyncio.timeout(10):
            while states[-1] != health_pb2.HealthCheckResponse.SERVING:
                states.append((await watching.read()).status)
        watching.cancel()

    assert [health_pb2.HealthCheckResponse.NOT_SERVING, health_pb2.HealthCheckResponse.SERVING] == states
    assert 3 == asked(faults, model)


async def test_rest_ends_with_an_answer(faults: ThreadedFaultProvider) -> None:
    """A target that answers again has its place back, however long it had asked to be left alone."""
    primary, backup = scripted(faults, "status=429+retry-after=60", "ok"), scripted(faults, "status=503", "voice=b")
    async with running(with_breaker(faults, primary, backup)) as gateway:
        seen = [await see(gateway, ["default"]) for _ in range(2)]
        alone = await see(gateway, [f"openai/{primary}"])
        last = await see(gateway, ["default"])

    assert ["OK", "OK"] == [one.code for one in seen]
    assert ("OK", {"openai": 1}) == (alone.code, last.by_provider)


async def test_a_probe_that_is_cancelled_leaves_the_way_free(faults: ThreadedFaultProvider) -> None:
    """The next call is the probe then; a target is not lost because a caller left."""
    primary = scripted(faults, *["status=503"] * 3, "silent", "ok")
    async with running(with_breaker(faults, primary)) as gateway:
        await many(gateway, 2)
        await asyncio.sleep(PROBE_SECONDS)
        gone = asyncio.create_task(see(gateway, ["default"]))
        await faults.wait_until(lambda _: asked(faults, primary) == 4)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await faults.wait_until(lambda attempts: attempts[-1].outcome == "client_gone")
        seen = await see(gateway, ["default"])

    assert "OK" == seen.code


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_call_without_the_time_is_no_probe(faults: ThreadedFaultProvider, streaming: bool) -> None:
    """One whose share is shorter than the target usually takes goes on at once; the next one with time tries it."""
    well = "slow-first=1s"
    primary, backup = scripted(faults, well, well, *["status=503"] * 3, well), scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup, probe_interval="1s")) as gateway:
        await many(gateway, 4, streaming=streaming)
        await asyncio.sleep(1.05)
        short = await see(gateway, ["default"], streaming=streaming, deadline=1.8)
        later = await see(gateway, ["default"], streaming=streaming)

    assert ("OK", {"anthropic": 1}) == (short.code, short.by_provider)
    assert ("OK", {"openai": 1}) == (later.code, later.by_provider)


async def test_anybody_is_the_probe_after_a_while(faults: ThreadedFaultProvider) -> None:
    """Where no call has the time, one of them tries all the same: the target may have become faster."""
    primary = scripted(faults, "slow-first=1s", "slow-first=1s", *["status=503"] * 3, "ok")
    backup = scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup)) as gateway:
        await many(gateway, 4)
        async with asyncio.timeout(20):
            while {"openai": 1} != (await see(gateway, ["default"], deadline=1.8)).by_provider:
                await asyncio.sleep(0.05)

    assert 6 == asked(faults, primary)


@pytest.mark.parametrize("mistake", ["status=400", "status=404", "status=413", "status=422", "code=content_filter"])
async def test_the_callers_mistakes_trip_nothing(faults: ThreadedFaultProvider, mistake: str) -> None:
    """Requests that a provider rightly refuses say nothing against it."""
    model = scripted(faults, *[mistake] * 10, "ok")
    async with running(with_breaker(faults, model)) as gateway:
        seen = await many(gateway, 11)

    assert "OK" == seen[-1].code
    assert "NO_TARGET_AVAILABLE" not in {one.reason for one in seen}


@pytest.mark.parametrize("refusal", ["status=401", "code=insufficient_quota", "status=429+retry-after=60"])
async def test_who_asked_for_rest_gets_it(faults: ThreadedFaultProvider, refusal: str) -> None:
    """After a refusal that will last, others go first; where there are none the target is still asked."""
    primary, backup, alone = scripted(faults, refusal), scripted(faults, "voice=b"), scripted(faults, refusal)
    async with running(with_breaker(faults, primary, backup)) as gateway:
        seen = await many(gateway, 4)
        again = [await see(gateway, [f"openai/{alone}"]) for _ in range(2)]

    assert [{"openai": 1, "anthropic": 1}, *[{"anthropic": 1}] * 3] == [one.by_provider for one in seen]
    assert 1 == len({one.reason for one in again})
    assert 2 == asked(faults, alone)


async def test_an_error_rate_opens_it_too(faults: ThreadedFaultProvider) -> None:
    """A target that fails every second time is left alone although it never fails often in a row."""
    primary, backup = scripted(faults, *["status=504", "ok"] * 30), scripted(faults, "voice=b")
    config = with_breaker(faults, primary, backup, consecutive_failures=50, min_attempts=10, error_rate=0.5)
    config["breaker"]["probe_interval"] = "1h"
    async with running(config) as gateway:
        await many(gateway, 30)

    assert 10 <= asked(faults, primary) <= 11


async def test_a_breaker_can_be_off(faults: ThreadedFaultProvider) -> None:
    """Then every call tries its first target."""
    primary, backup = scripted(faults, "status=504"), scripted(faults, "voice=b")
    async with running(with_breaker(faults, primary, backup, enabled=False)) as gateway:
        await many(gateway, 20)

    assert 20 == asked(faults, primary)


@pytest.mark.parametrize(("enabled", "least", "most"), [(False, 1_001, 1_200), (True, 1, 50)])
async def test_a_storm_is_not_multiplied(faults: ThreadedFaultProvider, enabled: bool, least: int, most: int) -> None:
    """1,000 calls at a dead target: retries are a small share of them, and with the breaker hardly any is asked."""
    model = scripted(faults, "status=503")
    config = with_breaker(faults, model, enabled=enabled, consecutive_failures=8, probe_interval="5s")
    async with running(config) as gateway:
        seen = await many(gateway, 1_000, at_a_time=20)

    assert {"UNAVAILABLE"} == {one.code for one in seen}
    assert least <= asked(faults, model) <= most


async def test_health_is_told(faults: ThreadedFaultProvider) -> None:
    """WatchProviderHealth sends all targets, then each change; the route's health and the metrics follow."""
    model = scripted(faults, *["status=503"] * 3, "ok")
    async with running(with_breaker(faults, model)) as gateway:
        watching = gateway.models.WatchProviderHealth(model_pb2.WatchProviderHealthRequest(providers=["openai"]))
        health = health_pb2_grpc.HealthStub(gateway.channel)
        asked_health = health_pb2.HealthCheckRequest(service="model/default")
        first = await watching.read()
        assert [("openai", model, State.HEALTH_STATE_HEALTHY)] == [
            (one.target.provider, one.target.model, one.state) for one in first.targets
        ]
        assert health_pb2.HealthCheckResponse.SERVING == (await health.Check(asked_health)).status

        await many(gateway, 2)
        opened = (await watching.read()).targets[0]
        assert (State.HEALTH_STATE_OPEN, 1.0) == (opened.state, opened.error_rate)
        assert opened.HasField("retry_time")
        assert health_pb2.HealthCheckResponse.NOT_SERVING == (await health.Check(asked_health)).status
        state = {"gen_ai_provider_name": "openai", "gen_ai_request_model": model, "state": "open"}
        assert 1.0 == gateway.app.metrics.registry.get_sample_value("llmrpc_target_state", state)

        await asyncio.sleep(PROBE_SECONDS)
        assert ["OK"] == [one.code for one in await many(gateway, 1)]
        states = []
        while State.HEALTH_STATE_HEALTHY not in states:
            states += [one.state for one in (await watching.read()).targets]
        assert health_pb2.HealthCheckResponse.SERVING == (await health.Check(asked_health)).status
        watching.cancel()


async def test_watching_a_provider_that_is_not_there(gateway: Gateway) -> None:
    """A wrong name is told by its field."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.models.WatchProviderHealth(model_pb2.WatchProviderHealthRequest(providers=["opnai"])).read()

    assert grpc.StatusCode.INVALID_ARGUMENT == failed.value.code()
    assert "providers[0]" in (failed.value.details() or "")
