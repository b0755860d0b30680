"""What may follow a refusal of the request itself: a larger window, or what the route allows."""

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import faulty, running
from survival.asking import scripted, see

TOO_LONG = "code=context_length_exceeded"


@pytest.mark.parametrize(
    ("own", "other", "follows"), [(1000, 2000, True), (1000, 1000, False), (2000, 1000, False), (None, 2000, False)]
)
async def test_only_a_larger_window_is_tried(
    faults: ThreadedFaultProvider, own: int | None, other: int, follows: bool
) -> None:
    """A conversation that is too long goes on to a model that is known to take more."""
    first, second = scripted(faults, TOO_LONG), scripted(faults, "voice=b")
    windows = {"context_window": own} if own else {}
    targets = [{"model": f"openai/{first}", **windows}, {"model": f"anthropic/{second}", "context_window": other}]
    async with running(faulty(faults, default=targets)) as gateway:
        seen = await see(gateway, ["default"])

    assert ("OK" if follows else "INVALID_ARGUMENT") == seen.code
    assert follows is (len(seen.attempts) == 2)


async def test_windows_of_the_public_list(faults: ThreadedFaultProvider) -> None:
    """Without a word in the configuration the price list knows: 16,385 tokens here, 200,000 there."""
    faults.script("gpt-3.5-turbo", [TOO_LONG])
    faults.script("claude-3-5-haiku-latest", ["voice=b"])
    config = faulty(faults, default=["openai/gpt-3.5-turbo", "anthropic/claude-3-5-haiku-latest"])
    back = faulty(faults, default=["anthropic/claude-3-5-haiku-latest", "openai/gpt-3.5-turbo"])
    async with running(config) as gateway:
        assert "OK" == (await see(gateway, ["default"])).code
    faults.script("gpt-3.5-turbo", ["ok"])
    faults.script("claude-3-5-haiku-latest", [TOO_LONG])
    async with running(back) as gateway:
        assert "CONTEXT_LENGTH_EXCEEDED" == (await see(gateway, ["default"])).reason


@pytest.mark.parametrize(
    ("refusal", "key"), [("code=content_filter", "content_policy"), ("status=413", "request_too_large")]
)
@pytest.mark.parametrize("allowed", [False, True])
async def test_only_what_the_route_allows(faults: ThreadedFaultProvider, refusal: str, key: str, allowed: bool) -> None:
    """A refusal of the content, or of its size, is taken to another target only where the route says so."""
    first, second = scripted(faults, refusal), scripted(faults, "voice=b")
    route = {"targets": [f"openai/{first}", f"anthropic/{second}"], "fallback": {key: allowed}}
    async with running(faulty(faults, default=route)) as gateway:
        seen = await see(gateway, ["default"])

    assert ("OK" if allowed else "INVALID_ARGUMENT") == seen.code


async def test_who_wants_no_fallback_gets_none(faults: ThreadedFaultProvider) -> None:
    """`disable_fallback` leaves the first target alone, its retries included."""
    first, second = scripted(faults, "status=503"), scripted(faults, "voice=b")
    async with running(faulty(faults, default=[f"openai/{first}", f"anthropic/{second}"])) as gateway:
        seen = await see(gateway, ["default"], disable_fallback=True)

    assert ("UNAVAILABLE", {"openai": 2}) == (seen.code, seen.by_provider)


async def test_attempts_are_limited_by_the_call(faults: ThreadedFaultProvider) -> None:
    """`max_attempts` counts over all targets."""
    first, second = scripted(faults, "status=503"), scripted(faults, "voice=b")
    async with running(faulty(faults, default=[f"openai/{first}", f"anthropic/{second}"])) as gateway:
        one = await see(gateway, ["default"], max_attempts=1)
        two = await see(gateway, ["default"], max_attempts=2)

    assert ("UNAVAILABLE", {"openai": 1}) == (one.code, one.by_provider)
    assert ("OK", {"openai": 1, "anthropic": 1}) == (two.code, two.by_provider)
