"""A provider that the configuration has no more is known to the calls that began with it, and to nobody else."""

import asyncio
import gc
import time
import weakref
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, loaded, request
from llmrpc_server.config import BreakerSettings
from llmrpc_server.generation import Generation
from llmrpc_server.health import Board, RouteHealth
from llmrpc_server.plan import Target
from reload.test_reload import reload


def _with_another_address(config: dict[str, Any]) -> dict[str, Any]:
    return {
        **config,
        "providers": {
            name: {**section, "base_url": section["base_url"] + "/"} for name, section in config["providers"].items()
        },
    }


async def test_who_asks_it_first_when_it_is_gone(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """What a call finds out of it then says nothing of the provider that has its name."""
    config = {**faulty(faults, down=["anthropic/status=503"]), "breaker": {"consecutive_failures": 1}}
    routing = {"fallback_models": ["anthropic/status=503"], "max_attempts": 2}
    call = gateway.completion.Complete(request("openai/slow-headers=1s+status=503", routing=routing), timeout=20)
    await faults.wait_until(lambda attempts: len(attempts) == 1)
    await reload(gateway, _with_another_address(config))
    await asyncio.gather(call, return_exceptions=True)

    named = [health.name for health in gateway.app._board.all()]
    labels = {"gen_ai_provider_name": "anthropic", "gen_ai_request_model": "status=503", "state": "open"}
    assert 2 == len(faults.attempts)
    assert 1 == named.count("anthropic/status=503")
    assert None is gateway.app.metrics.registry.get_sample_value("llmrpc_target_state", labels)


async def test_nothing_is_left_of_it(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """However often keys change, what was kept of those before goes with the last call that knew them."""
    # asyncio's timers keep what they were made for until they are due, also where they were cancelled: the calls'
    # deadlines do, and the 15 s after which an idle connection is closed.
    await gateway.completion.Complete(request(), timeout=4)
    gone = weakref.ref(gateway.app._generation.providers["openai"])
    await reload(gateway, _with_another_address(faulty(faults)))
    await gateway.completion.Complete(request(), timeout=4)
    async with asyncio.timeout(60):
        while gone() is not None:
            gc.collect()
            await asyncio.sleep(0.01)


def test_many_are_gone(faults: ThreadedFaultProvider) -> None:
    """To go over to a thousand targets takes about as long after a thousand others as it does at first."""
    before, after = (Generation(loaded(faulty(faults))).providers["openai"] for _ in range(2))
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(4):
        board = Board([], BreakerSettings())
        for provider, gone, took in ((before, [], seconds[0]), (after, [before], seconds[1])):
            targets = [Target(provider, f"model-{number}") for number in range(1000)]
            started = time.perf_counter()
            board.configure(targets, BreakerSettings(), None, gone)
            took.append(time.perf_counter() - started)

    assert min(seconds[1]) < 8 * min(seconds[0])


async def test_a_route_that_goes_while_it_is_told_of() -> None:
    """What is about to be told of a route's health is not told once nobody can ask for the route."""
    servicer = aio.HealthServicer()
    generation = Generation(
        loaded({"providers": {"one": {"kind": "openai", "base_url": "http://127.0.0.1:1"}}, "routes": {"a": ["one/m"]}})
    )
    board = Board(generation.targets, BreakerSettings())
    routes = RouteHealth(board, servicer)
    await routes.configure(generation.routes)
    for listener in board.listeners:
        listener(board.all()[0])
    await routes.configure(())
    await asyncio.sleep(0)
    asked = health_pb2.HealthCheckRequest(service="model/a")

    assert health_pb2.HealthCheckResponse.SERVICE_UNKNOWN == (await servicer.Check(asked, None)).status
