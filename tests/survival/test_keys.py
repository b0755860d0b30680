"""Several keys of one provider: one that is refused rests, and the next is used before another target is asked."""

from collections.abc import Sequence
from typing import Any

import pytest

from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import faulty, running
from llmrpc_server.config.document import FromOutside
from survival.asking import Seen, scripted, see

KEYS = ("sk-test-a", "sk-test-b", "sk-test-c")
BOTH = pytest.mark.parametrize("streaming", [False, True])


def several(faults: ThreadedFaultProvider, keys: Sequence[str]) -> dict[str, Any]:
    """Write a configuration whose provider "openai" has these keys."""
    config = faulty(faults)
    del config["providers"]["openai"]["api_key"]
    config["providers"]["openai"]["api_keys"] = [FromOutside(key) for key in keys]
    return config


def used(faults: ThreadedFaultProvider) -> list[str | None]:
    """List the keys of the requests."""
    return [attempt.key for attempt in faults.attempts]


@BOTH
@pytest.mark.parametrize(
    "refusal",
    [
        "status=401",
        "status=429",
        "status=429+retry-after=3600",
        "code=insufficient_quota",
        "error@1+status=429",
        "error@1+code=insufficient_quota",
    ],
)
async def test_the_next_key_goes_before_the_next_target(
    faults: ThreadedFaultProvider, refusal: str, streaming: bool
) -> None:
    """A key that is refused hands over to the next one at once; the backup is not asked."""
    primary, backup = scripted(faults, refusal, "ok"), scripted(faults, "voice=b")
    async with running(several(faults, KEYS)) as gateway:
        seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], streaming=streaming)

    assert ("OK", {"openai": 2}, ["FIRST", "RETRY"]) == (seen.code, seen.by_provider, seen.causes)
    assert list(KEYS[:2]) == used(faults)


async def test_a_refused_key_rests(faults: ThreadedFaultProvider) -> None:
    """It is not used for the calls that follow, while the others take turns."""
    model = scripted(faults, "status=401", "ok")
    async with running(several(faults, KEYS)) as gateway:
        for _ in range(5):
            assert "OK" == (await see(gateway, [f"openai/{model}"])).code

    assert [KEYS[0], KEYS[1], KEYS[2], KEYS[1], KEYS[2], KEYS[1]] == used(faults)


async def test_when_all_keys_are_refused(faults: ThreadedFaultProvider) -> None:
    """The target is given up after each key had its turn, within the call's attempts."""
    primary, backup = scripted(faults, "status=401"), scripted(faults, "voice=b")
    async with running(several(faults, KEYS[:2])) as gateway:
        seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"])

    assert ("OK", {"openai": 2, "anthropic": 1}) == (seen.code, seen.by_provider)


@pytest.mark.parametrize("keys", [KEYS[:1], KEYS[:2]])
async def test_a_wait_of_nothing_is_no_other_key(faults: ThreadedFaultProvider, keys: Sequence[str]) -> None:
    """Retry-After of 0 makes the refused key no other one: retries stay within their budget and attempts."""
    model = scripted(faults, "status=429+retry-after=0")
    async with running(several(faults, keys)) as gateway:
        seen = await see(gateway, [f"openai/{model}"], max_attempts=10)

    assert "PROVIDER_RATE_LIMITED" == seen.reason
    assert len(seen.attempts) <= 10


async def test_a_key_goes_before_the_last_targets_turn(faults: ThreadedFaultProvider) -> None:
    """With three targets and two keys each has its turn."""
    first, others = scripted(faults, "status=401"), scripted(faults, "status=404")
    last = scripted(faults, "voice=b")
    async with running(several(faults, KEYS[:2])) as gateway:
        seen = await see(gateway, [f"openai/{first}", f"anthropic/{others}", f"anthropic/{last}"])

    assert ("OK", {"openai": 2, "anthropic": 2}) == (seen.code, seen.by_provider)


async def test_other_failures_do_not_change_the_key(faults: ThreadedFaultProvider) -> None:
    """A failure that is not the key's is no reason to spare it."""
    failing = Behaviour(status=500)
    model = scripted(faults, failing, "ok", "ok")
    async with running(several(faults, KEYS[:2])) as gateway:
        seen: list[Seen] = [await see(gateway, [f"openai/{model}"]) for _ in range(2)]

    assert ["OK", "OK"] == [one.code for one in seen]
    assert [KEYS[0], KEYS[1], KEYS[0]] == used(faults)
