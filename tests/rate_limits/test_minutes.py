"""Corrections belong to the minute that was counted in."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from attempts import attempt
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.config import LimitSettings
from llmrpc_server.rate_limits.counters import Change, Counters
from llmrpc_server.rate_limits.limiter import RateLimiter
from llmrpc_server.rate_limits.memcached import MemcachedCounters
from llmrpc_server.rate_limits.process import ProcessCounters
from memcached import started


@pytest.fixture(params=["process", "memcached"])
def counters(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counters]:
    """Make counters in either place."""
    if request.param == "process":
        yield ProcessCounters()
        return
    with started(tmp_path) as server:
        yield MemcachedCounters([server.address], "test")


class Heard(ProcessCounters):
    """Counters that note what they are put right by."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[Change] = []

    @override
    async def correct(self, changes: Sequence[Change], *, seconds: int) -> None:
        """Note it."""
        self.changes += changes
        await super().correct(changes, seconds=seconds)


@pytest.mark.parametrize(("age", "left"), [(0.0, 6), (1e-9, 6), (30.0, 10)])
async def test_what_an_earlier_minute_counted_is_not_taken_back(counters: Counters, age: float, left: int) -> None:
    """A counter that began after something was counted has none of it to give back."""
    await counters.add("a", 10, seconds=60)
    await counters.correct([Change("a", -4, age)], seconds=60)

    assert left == await counters.get("a")
    await counters.close()


async def test_what_was_missing_counts_now(counters: Counters) -> None:
    """What was taken beyond the guess counts in the minute that is, and nothing is below nothing."""
    await counters.correct([Change("more", 4, 90.0), Change("less", -4)], seconds=60)
    await counters.add("less", 1, seconds=60)
    await counters.correct([Change("less", -4)], seconds=60)

    assert (4, 0) == (await counters.get("more"), await counters.get("less"))
    await counters.close()


async def test_what_was_not_used_is_given_back_with_its_age() -> None:
    """A call that ends tells when its tokens were taken, so that the next minute gives nothing for them."""
    heard = Heard()
    settings = LimitSettings.model_validate({"rates": [{"tokens_per_minute": 10_000}]})
    config = completion_pb2.GenerationConfig(max_output_tokens=9_000)
    call: Any = attempt(completion_pb2.CompleteRequest(config=config))
    rates = RateLimiter(settings, lambda: heard, lambda: None)
    taken = await rates.take(call)
    assert taken is not None
    call.attempt.usage.CopyFrom(accounting_pb2.Usage(input_tokens=50, output_tokens=50))
    await rates.correct(call, taken)

    (change,) = heard.changes
    assert (100 - taken.guess, True) == (change.amount, change.age > 0)
    assert 100 == await heard.get(change.counter)
