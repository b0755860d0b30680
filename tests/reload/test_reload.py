"""A server goes over to another configuration between two RPCs, and none of them is broken."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from auth.book import Book
from details import detail
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import Gateway, bearer, faulty, loaded, request
from llmrpc.v1 import completion_pb2, model_pb2
from llmrpc_server.config.loading import BadConfig, BadSetting

RESTING = model_pb2.HEALTH_STATE_OPEN


async def reload(gateway: Gateway, config: dict[str, Any]) -> None:
    """Have a server go over to a configuration, with the ledger that it has."""
    url = gateway.app._generation.loaded.config.ledger.url
    await gateway.app.reload(loaded({"ledger": {"url": url}, **config}))


async def _reason(call: Any) -> str:
    """Return why a call fails; empty if it does not."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return str(detail(error, error_details_pb2.ErrorInfo).reason)
    return ""


async def ask(gateway: Gateway, model: str = "", **options: Any) -> str:
    """Return an answer's text, or the reason why there is none."""
    try:
        answer = await gateway.completion.Complete(request(model), timeout=20, **options)
    except grpc.aio.AioRpcError as error:
        return str(detail(error, error_details_pb2.ErrorInfo).reason)
    return "".join(part.text for part in answer.message.parts)


async def test_routes_come_and_go(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A new route is answered, listed and healthy; one that is gone is unknown to all who ask."""
    await reload(gateway, faulty(faults, fast=["openai/gpt-4o-mini"]))
    health = health_pb2_grpc.HealthStub(gateway.channel)
    status = await health.Check(health_pb2.HealthCheckRequest(service="model/fast"))
    assert (CANONICAL_TEXT, health_pb2.HealthCheckResponse.SERVING) == (await ask(gateway, "fast"), status.status)
    listed = await gateway.models.ListModels(model_pb2.ListModelsRequest())
    assert {"default", "fast", "openai/gpt-4o-mini"} <= {model.name for model in listed.models}

    await reload(gateway, faulty(faults))
    status = await health.Check(health_pb2.HealthCheckRequest(service="model/fast"))
    assert ("MODEL_NOT_FOUND", health_pb2.HealthCheckResponse.SERVICE_UNKNOWN) == (
        await ask(gateway, "fast"),
        status.status,
    )
    assert CANONICAL_TEXT == await ask(gateway)


async def test_a_call_under_way_keeps_its_provider(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A stream of a provider that is gone comes to its end, and the next target of its route is asked; then it ends."""
    gone = gateway.app._generation.providers
    asked = request("openai/slow-tokens=50ms", routing={"fallback_models": ["anthropic/claude"]})
    broken = request(
        "openai/slow-headers=1s+status=503", routing={"fallback_models": ["anthropic/claude"], "max_attempts": 2}
    )
    streams = [gateway.completion.StreamComplete(one, timeout=20) for one in (asked, broken)]
    events = [aiter(stream) for stream in streams]
    first = await anext(events[0])
    await faults.wait_until(lambda attempts: len(attempts) == 2)
    local = {
        "kind": "openai",
        "base_url": f"{faults.base_url}/v1",
        "api_key": faulty(faults)["providers"]["openai"]["api_key"],
    }
    await reload(gateway, {"providers": {"other": local}, "routes": {"default": ["other/gpt-4o"]}})

    assert "MODEL_NOT_FOUND" == await ask(gateway, "openai/gpt-4o")
    assert CANONICAL_TEXT == await ask(gateway)
    assert first.HasField("started")
    for stream in events:
        assert [event async for event in stream][-1].HasField("completed")
    assert [None, None] == [provider._upstream._session for provider in gone.values()]  # type: ignore[attr-defined]


async def test_what_is_configured_alike_goes_on(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Connections, breakers and answers that are kept stay; a provider with another key begins anew."""
    config = faulty(faults, kept={"targets": ["openai/gpt-4o"], "cache": {"ttl": "1h"}})
    config["breaker"] = {"consecutive_failures": 1}
    await reload(gateway, config)
    await gateway.completion.Complete(request("kept"))
    for model in ("openai/status=503", "anthropic/status=503"):
        await ask(gateway, model)
    before, count = gateway.app._generation.providers, len(faults.attempts)

    config["providers"]["anthropic"] = {**config["providers"]["anthropic"], "base_url": f"{faults.base_url}/"}
    await reload(gateway, config)
    after = gateway.app._generation.providers
    assert (True, False) == tuple(before[name] is after[name] for name in ("openai", "anthropic"))
    again = await gateway.completion.Complete(request("kept"))
    assert count == len(faults.attempts)
    assert again.accounting.cache.origin_call_id
    assert "NO_TARGET_AVAILABLE" == await ask(gateway, "openai/status=503")
    assert "PROVIDER_UNAVAILABLE" == await ask(gateway, "anthropic/status=503")


async def test_who_calls(gateway: Gateway, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Credentials are asked for once the configuration says so; a stream that began before goes on."""
    book = Book(tmp_path)
    key = book.key()
    stream = aiter(gateway.completion.StreamComplete(request("openai/slow-tokens=30ms"), timeout=20))
    await anext(stream)
    await reload(gateway, {**faulty(faults), "auth": book.section})

    assert "UNAUTHENTICATED" == await ask(gateway)
    assert CANONICAL_TEXT == await ask(gateway, metadata=bearer(key))
    assert [event async for event in stream][-1].HasField("completed")
    await reload(gateway, faulty(faults))
    assert CANONICAL_TEXT == await ask(gateway)


async def test_limits_and_budgets(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """They hold from the next call on: what may be spent, how often, and how many at the same time."""
    config = faulty(faults)
    config["budgets"] = [{"name": "small", "limit": "0.000001", "period": "day", "hard": True}]
    await reload(gateway, config)
    assert "BUDGET_EXCEEDED" == await ask(gateway)

    await reload(gateway, {**faulty(faults), "limits": {"rates": [{"requests_per_minute": 1}]}})
    assert [CANONICAL_TEXT, "RATE_LIMITED"] == [await ask(gateway) for _ in range(2)]

    await reload(gateway, faulty(faults))
    waiting = asyncio.create_task(ask(gateway, "openai/slow-first=1s"))
    await faults.wait_until(lambda attempts: attempts[-1].model == "slow-first=1s")
    await reload(gateway, {**faulty(faults), "limits": {"server": {"in_flight": 1, "waiting": 0}}})
    assert "OVERLOADED" == await ask(gateway)
    assert CANONICAL_TEXT == await waiting
    assert CANONICAL_TEXT == await ask(gateway)


async def test_rows_of_limits_come_and_go(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """What a row has counted stays where another is written before it; two for the same callers count alone."""
    row = {"requests_per_minute": 2}
    await reload(gateway, {**faulty(faults), "limits": {"rates": [row]}})
    assert CANONICAL_TEXT == await ask(gateway)
    other = {"by": ["route"], "requests_per_minute": 100}
    await reload(gateway, {**faulty(faults), "limits": {"rates": [other, row, row]}})

    assert [CANONICAL_TEXT, "RATE_LIMITED"] == [await ask(gateway) for _ in range(2)]


async def test_prompts_of_another_folder(gateway: Gateway, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Another folder of prompts is read before it is gone over to, and watched from then on."""
    folder = tmp_path / "prompts" / "hello"
    folder.mkdir(parents=True)
    (folder / "1.yaml").write_text("messages: [{role: user, text: Hello}]\n", encoding="utf-8")
    asked = completion_pb2.CompleteRequest(model="openai/gpt-4o", prompt=completion_pb2.PromptReference(name="hello"))
    assert "PROMPT_NOT_FOUND" == await _reason(gateway.completion.Complete(asked))
    await reload(gateway, {**faulty(faults), "prompts": {"path": str(folder.parent)}})
    assert "" == await _reason(gateway.completion.Complete(asked))

    (folder / "2.yaml").write_text("messages: [{role: user, text: Hello again}]\n", encoding="utf-8")
    asked.prompt.version = "2"
    async with asyncio.timeout(20):
        while await _reason(gateway.completion.Complete(asked)):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ledger": {"url": "sqlite:///elsewhere.db"}}, "ledger.url"),
        ({"server": {"drain_grace": "1s"}}, "server.drain_grace"),
        ({"cache": {"memcached": ["127.0.0.1:1"]}}, "cache.memcached"),
        ({"idempotency": {"window": "1m"}}, "idempotency.window"),
        ({"tracing": {"endpoint": "http://127.0.0.1:1"}}, "tracing"),
    ],
)
async def test_what_needs_a_restart(
    gateway: Gateway, faults: ThreadedFaultProvider, change: dict[str, Any], key: str
) -> None:
    """What cannot change while the server runs is refused by name, and nothing else of that configuration holds."""
    with pytest.raises(BadConfig, match=rf"{key}: holds until the server's end: restart it") as refused:
        await reload(gateway, {**faulty(faults, fast=["openai/gpt-4o"]), **change})

    assert 1 == len(refused.value.problems)
    assert "MODEL_NOT_FOUND" == await ask(gateway, "fast")


async def test_what_it_names_is_no_good(gateway: Gateway, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A file that is not there refuses the whole: the server goes on as it was."""
    with pytest.raises(BadSetting, match=r"auth\.keys"):
        await reload(gateway, {**faulty(faults, fast=["openai/gpt-4o"]), "auth": {"keys": str(tmp_path / "none.yaml")}})

    assert ["MODEL_NOT_FOUND", CANONICAL_TEXT] == [await ask(gateway, model) for model in ("fast", "")]


async def test_watchers_hear_of_it(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Who watches the health of targets hears of new ones, and that one begins anew whose provider is another."""
    config = {**faulty(faults, down=["openai/status=503"]), "breaker": {"consecutive_failures": 1}}
    await reload(gateway, config)
    await ask(gateway, "down")
    states = gateway.app.metrics.registry.get_sample_value
    labels = {"gen_ai_provider_name": "openai", "gen_ai_request_model": "status=503", "state": "open"}
    assert 1.0 == states("llmrpc_target_state", labels)
    watch = aiter(gateway.models.WatchProviderHealth(model_pb2.WatchProviderHealthRequest(), timeout=20))
    told = await anext(watch)
    assert RESTING in {health.state for health in told.targets if health.target.model == "status=503"}

    config["providers"]["openai"] = {**config["providers"]["openai"], "base_url": f"{faults.base_url}/v1/"}
    config["routes"] = {**config["routes"], "new": ["openai/new"]}
    await reload(gateway, config)
    heard = {health.target.model: health.state for health in (await anext(watch)).targets}
    assert model_pb2.HEALTH_STATE_HEALTHY == heard["new"] == heard["status=503"]
    assert 0.0 == states("llmrpc_target_state", labels)


async def test_no_breaker_any_more(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A target that is left alone is asked again by all calls once no target is to be left alone any more."""
    config = {**faulty(faults), "breaker": {"consecutive_failures": 1}}
    await reload(gateway, config)
    asked = ["PROVIDER_UNAVAILABLE", "NO_TARGET_AVAILABLE"]
    assert asked == [await ask(gateway, "openai/status=503") for _ in range(2)]
    await reload(gateway, {**config, "breaker": {"enabled": False}})
    states = {health.name: health.state for health in gateway.app._board.all()}

    assert model_pb2.HEALTH_STATE_HEALTHY == states["openai/status=503"]
    assert ["PROVIDER_UNAVAILABLE"] * 3 == [await ask(gateway, "openai/status=503") for _ in range(3)]


async def test_a_target_that_rests_gets_a_route(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Prometheus is shown that it rests as soon as a route has it, though it changes no more."""
    config = {**faulty(faults), "breaker": {"consecutive_failures": 1}}
    await reload(gateway, config)
    await ask(gateway, "openai/status=503")
    await reload(gateway, {**config, "routes": {**config["routes"], "down": ["openai/status=503"]}})

    labels = {"gen_ai_provider_name": "openai", "gen_ai_request_model": "status=503", "state": "open"}
    assert 1.0 == gateway.app.metrics.registry.get_sample_value("llmrpc_target_state", labels)


async def test_a_shared_run_goes_on(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Calls that ask the same before and after share one request, also where the one that began it leaves."""
    shared = faulty(faults, kept={"targets": ["openai/slow-first=2s"], "cache": {"ttl": "1h"}})
    await reload(gateway, shared)
    first = gateway.completion.Complete(request("kept"), timeout=20)
    await faults.wait_until(lambda attempts: len(attempts) == 1)
    shared["providers"]["openai"] = {**shared["providers"]["openai"], "base_url": f"{faults.base_url}/v1/"}
    await reload(gateway, shared)
    second = asyncio.create_task(ask(gateway, "kept"))
    async with asyncio.timeout(20):
        while sum(len(run.followers) for run in gateway.app._cache.single_flight._runs) < 2:
            await asyncio.sleep(0.01)
    first.cancel()

    assert CANONICAL_TEXT == await second
    assert 1 == len(faults.attempts)


async def test_under_load(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """However often it happens while calls come and go, whole and streamed, none of them notices."""
    done = asyncio.Event()

    async def call_on() -> list[str]:
        """Call until the end."""
        heard = []
        while not done.is_set():
            heard.append(await ask(gateway))
            stream = gateway.completion.StreamComplete(request(), timeout=20)
            heard.append("whole" if [event async for event in stream][-1].HasField("completed") else "cut")
        return heard

    callers = [asyncio.create_task(call_on()) for _ in range(10)]
    for number in range(20):
        config = faulty(faults, **{f"route{number}": ["openai/gpt-4o"]})
        config["providers"]["openai"] = {
            **config["providers"]["openai"],
            "base_url": f"{faults.base_url}/v1{'/' * (number % 2)}",
        }
        await reload(gateway, config)
        await asyncio.sleep(0.02)
    done.set()
    heard = [one for caller in callers for one in await caller]

    assert {CANONICAL_TEXT, "whole"} == set(heard)
