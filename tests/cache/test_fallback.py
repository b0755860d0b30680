"""The cache never changes who would have answered."""

from typing import Any

import grpc
import pytest

from cache.calls import HIT, MISS, asked, caching, complete
from fault_provider import ThreadedFaultProvider
from llmrpc.v1 import completion_pb2

BY_ITSELF: dict[str, Any] = {"enabled": False}
AT_ONCE: dict[str, Any] = {"consecutive_failures": 1, "probe_interval": "1h"}


def route(name: str) -> dict[str, Any]:
    """Write a route with a backup, of models that no other test has a script for."""
    return {"kept": [f"openai/primary-{name}", f"anthropic/backup-{name}"]}


def told(answer: completion_pb2.CompleteResponse) -> tuple[int, str]:
    """Tell what the cache did, and who answered."""
    return answer.accounting.cache.status, answer.accounting.target.provider


async def test_a_backups_answer_is_not_the_primarys(faults: ThreadedFaultProvider) -> None:
    """What a backup answered once is not served while the primary may be asked."""
    faults.script("primary-one", ["status=404", "ok"])
    async with caching(faults, routes=route("one"), breaker=BY_ITSELF) as gateway:
        results = [told(await complete(gateway, asked("kept"))) for _ in range(3)]

    assert [(MISS, "anthropic"), (MISS, "openai"), (HIT, "openai")] == results


async def test_a_backups_answer_while_the_primary_is_out(faults: ThreadedFaultProvider) -> None:
    """While the primary's breaker is open the backup would answer, and so its stored answer does."""
    faults.script("primary-two", ["status=401"])
    async with caching(faults, routes=route("two"), breaker=AT_ONCE) as gateway:
        results = [told(await complete(gateway, asked("kept"))) for _ in range(2)]

    assert [(MISS, "anthropic"), (HIT, "anthropic")] == results


async def test_any_answer_while_nobody_may_be_asked(faults: ThreadedFaultProvider) -> None:
    """When all are out, a stored answer of any target is better than none, the primary's first."""
    faults.script("primary-three", ["ok", "status=401"])
    faults.script("backup-three", ["status=401"])
    async with caching(faults, routes=route("three"), breaker=AT_ONCE) as gateway:
        results = [told(await complete(gateway, asked("kept")))]
        other = asked("kept", "another prompt")
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError):
                await complete(gateway, other)
        results.append(told(await complete(gateway, asked("kept"))))

    assert [(MISS, "openai"), (HIT, "openai")] == results


async def test_a_plan_without_the_target(faults: ThreadedFaultProvider) -> None:
    """An answer of a target that is not in a call's plan is not served to it."""
    async with caching(faults, routes=route("four")) as gateway:
        await complete(gateway, asked("kept"))
        elsewhere = await complete(gateway, asked("anthropic/backup-four"))

    assert (MISS, "anthropic") == told(elsewhere)
