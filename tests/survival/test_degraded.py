"""A target that becomes slow without failing loses its place, and gets it back."""

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from survival.asking import scripted, see

BOTH = pytest.mark.parametrize(
    ("streaming", "fast", "slow"),
    [
        (True, "slow-first=100ms", "slow-first=1s"),
        (False, "slow-headers=100ms", "slow-headers=1s"),
    ],
)
WITHIN = 20


async def calls_until(gateway: Gateway, provider: str, *, streaming: bool) -> int:
    """Return how many calls are made until one is answered by a provider and so are most that follow."""
    answered: list[str] = []
    for number in range(1, WITHIN + 6):
        (name,) = (await see(gateway, ["default"], streaming=streaming)).by_provider
        answered.append(name)
        if answered[-4:].count(provider) >= 3:
            return number - 3
    return WITHIN + 6


@BOTH
async def test_a_slow_target_loses_its_place_and_regains_it(
    faults: ThreadedFaultProvider, streaming: bool, fast: str, slow: str
) -> None:
    """Ten times slower, it is behind the healthy one within 20 calls; recovered, it is first again within 20."""
    primary, backup = scripted(faults, fast), scripted(faults, fast)
    async with running(faulty(faults, default=[f"openai/{primary}", f"anthropic/{backup}"])) as gateway:
        for _ in range(10):
            assert {"openai": 1} == (await see(gateway, ["default"], streaming=streaming)).by_provider
        faults.script(primary, [slow])
        lost = await calls_until(gateway, "anthropic", streaming=streaming)
        faults.script(primary, [fast])
        regained = await calls_until(gateway, "openai", streaming=streaming)

    assert lost <= WITHIN
    assert regained <= WITHIN


async def test_one_slow_answer_is_no_trend(faults: ThreadedFaultProvider) -> None:
    """A single answer that takes long changes nothing."""
    primary = scripted(faults, *["slow-first=20ms"] * 8, "slow-first=1s", "slow-first=20ms")
    backup = scripted(faults, "voice=b")
    async with running(faulty(faults, default=[f"openai/{primary}", f"anthropic/{backup}"])) as gateway:
        seen = [await see(gateway, ["default"]) for _ in range(14)]

    assert [{"openai": 1}] * 14 == [one.by_provider for one in seen]


async def test_alone_a_slow_target_is_still_asked(faults: ThreadedFaultProvider) -> None:
    """Slow is better than nobody."""
    primary = scripted(faults, *["slow-first=10ms"] * 8, "slow-first=150ms")
    async with running(faulty(faults, default=[f"openai/{primary}"])) as gateway:
        seen = [await see(gateway, ["default"]) for _ in range(20)]

    assert {"OK"} == {one.code for one in seen}


async def test_a_target_that_was_too_slow_comes_back(faults: ThreadedFaultProvider) -> None:
    """Calls in a hurry pass over a target that usually takes longer, and now and then one tries it."""
    primary, backup = scripted(faults, "slow-first=4s"), scripted(faults, "voice=b")
    async with running(faulty(faults, default=[f"openai/{primary}", f"anthropic/{backup}"])) as gateway:
        await see(gateway, ["default"])
        faults.script(primary, ["ok"])
        seen = [await see(gateway, ["default"], deadline=3) for _ in range(WITHIN)]

    assert {"OK"} == {one.code for one in seen}
    assert {"openai": 1} == seen[-1].by_provider
