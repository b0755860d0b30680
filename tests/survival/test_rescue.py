"""A stream that breaks off in the middle: what RESTART and CONTINUE make of it."""

from typing import Any

import pytest

from fault_provider import Attempt, ThreadedFaultProvider, canonical_text
from gateway import Gateway, faulty, running
from survival.asking import CONTINUE, RESTART, duration, scripted, see

SENT = 5
PRIMARY, BACKUP = "voice=a", "voice=b"
FAULTS = pytest.mark.parametrize(
    "fault",
    [
        f"cut@{SENT}",
        f"reset@{SENT}",
        f"truncate@{SENT}",
        f"cut@{SENT}+half-line",
        f"stall@{SENT}",
        f"error@{SENT + 3}+status=500",
    ],
)
# Long enough for a busy machine to be heard within it.
IDLE = duration(1.0)


def asked_of(faults: ThreadedFaultProvider, model: str) -> list[Attempt]:
    """Return what arrived for a model."""
    return [attempt for attempt in faults.attempts if attempt.model == model]


def last_said(attempt: Attempt) -> tuple[str, str]:
    """Return the role and the text of a request's last message."""
    message: dict[str, Any] = attempt.body["messages"][-1]
    content = message["content"]
    text = content if isinstance(content, str) else "".join(block["text"] for block in content)
    return message["role"], text


@FAULTS
async def test_restart(gateway: Gateway, faults: ThreadedFaultProvider, fault: str) -> None:
    """The caller is told that all is void, then gets the second target's whole answer."""
    primary, backup = scripted(faults, f"{PRIMARY}+{fault}"), scripted(faults, BACKUP)
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=RESTART, idle_timeout=IDLE)

    assert "OK" == seen.code
    assert canonical_text(BACKUP) == seen.text == seen.whole
    assert ["started", "part_started", "part_delta", "attempt_failed", "output_reset"] == seen.events[:5]
    assert ["FIRST", "FALLBACK"] == seen.causes
    assert ["user"] == [message["role"] for message in asked_of(faults, backup)[0].body["messages"]]


@FAULTS
async def test_continue(gateway: Gateway, faults: ThreadedFaultProvider, fault: str) -> None:
    """The second target goes on from what was sent: the caller sees one answer and no reset."""
    primary, backup = scripted(faults, f"{PRIMARY}+{fault}"), scripted(faults, BACKUP)
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=CONTINUE, idle_timeout=IDLE)

    (attempt,) = asked_of(faults, backup)
    role, prefill = last_said(attempt)
    assert "OK" == seen.code
    assert "output_reset" not in seen.events
    assert ["FIRST", "CONTINUATION"] == seen.causes
    assert "assistant" == role
    assert prefill
    assert canonical_text(PRIMARY).startswith(prefill)
    assert seen.text == seen.whole
    assert seen.whole.startswith(prefill)
    # As many words of the second voice as the first one had not said.
    words = len(prefill.split(" "))
    assert canonical_text(BACKUP).split(" ")[words:] == seen.whole.split(" ")[words:]


async def test_continue_at_a_target_that_takes_no_prefill(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Where the next target cannot go on from a begun answer, CONTINUE is RESTART."""
    primary, backup = scripted(faults, f"{PRIMARY}+cut@{SENT}"), scripted(faults, BACKUP)
    seen = await see(gateway, [f"anthropic/{primary}", f"openai/{backup}"], stream=CONTINUE)

    assert canonical_text(BACKUP) == seen.text == seen.whole
    assert "output_reset" in seen.events
    assert ["FIRST", "FALLBACK"] == seen.causes


async def test_a_refused_prefill_is_not_seen(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A target that rejects the begun answer is asked for a fresh one; the caller hears of one failure, the first."""
    primary, backup = scripted(faults, f"{PRIMARY}+cut@{SENT}"), scripted(faults, f"{BACKUP}+reject-prefill")
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=CONTINUE)

    assert "OK" == seen.code
    assert canonical_text(BACKUP) == seen.text == seen.whole
    assert 1 == seen.events.count("attempt_failed") == seen.events.count("output_reset")
    assert ["FIRST", "CONTINUATION", "FALLBACK"] == seen.causes


async def test_a_refused_prefill_keeps_the_first_error(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Where nothing helps, the error is what broke the stream, not the rejection."""
    primary = scripted(faults, f"{PRIMARY}+cut@{SENT}")
    backup = scripted(faults, "reject-prefill", "status=503")
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=CONTINUE)

    assert ("UNAVAILABLE", "PROVIDER_STREAM_BROKEN", True) == (seen.code, seen.reason, seen.output_sent)
    assert "PROVIDER_INVALID_REQUEST" in {reason for _, _, reason in seen.attempts}


async def test_fail_names_what_was_sent(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """By default nothing is taken back: the error names the reason, and that output was sent."""
    primary, backup = scripted(faults, f"{PRIMARY}+cut@{SENT}"), scripted(faults, BACKUP)
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"])

    assert ("UNAVAILABLE", "PROVIDER_STREAM_BROKEN", True) == (seen.code, seen.reason, seen.output_sent)
    assert [] == asked_of(faults, backup)
    assert seen.text
    assert canonical_text(PRIMARY).startswith(seen.text)


@pytest.mark.parametrize("policy", [RESTART, CONTINUE])
async def test_alone_the_same_target_is_asked_once_more(
    gateway: Gateway, faults: ThreadedFaultProvider, policy: Any
) -> None:
    """Without a second target a stream that broke off is rescued by the one there is."""
    model = scripted(faults, f"{PRIMARY}+cut@{SENT}", PRIMARY)
    seen = await see(gateway, [f"anthropic/{model}"], stream=policy)

    assert canonical_text(PRIMARY) == seen.text == seen.whole
    assert 2 == len(seen.attempts)


async def test_alone_it_is_asked_once_more_and_no_oftener(faults: ThreadedFaultProvider) -> None:
    """A stream that breaks off again fails, however many attempts there could be; before the second there is a wait."""
    model = scripted(faults, f"{PRIMARY}+cut@{SENT}")
    route = {"targets": [f"openai/{model}"], "retry": {"max_attempts": 6, "initial_backoff": "400ms"}}
    async with running(faulty(faults, default=route)) as gateway:
        seen = await see(gateway, ["default"], stream=RESTART)

    assert ("PROVIDER_STREAM_BROKEN", 2) == (seen.reason, len(seen.attempts))
    (delay,) = seen.delays
    first, second = asked_of(faults, model)
    assert (second.received_ms - (first.finished_ms or 0.0)) / 1000 >= delay > 0


async def test_the_last_attempt_is_not_spent_on_a_prefill(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A begun answer may be refused: with one attempt left the next target gets the whole question."""
    primary = scripted(faults, "status=500", f"{PRIMARY}+cut@{SENT}")
    backup = scripted(faults, f"{BACKUP}+reject-prefill")
    targets = [f"openai/{primary}", f"anthropic/{backup}"]
    seen = await see(gateway, targets, stream=CONTINUE, max_attempts=3)

    assert ("OK", canonical_text(BACKUP)) == (seen.code, seen.whole)
    assert ["FIRST", "RETRY", "FALLBACK"] == seen.causes


async def test_a_continuation_has_its_retries(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """What fails before it adds a word is tried again like any other attempt."""
    primary, backup = scripted(faults, f"{PRIMARY}+cut@{SENT}"), scripted(faults, "status=503", PRIMARY)
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=CONTINUE)

    assert ("OK", canonical_text(PRIMARY)) == (seen.code, seen.whole)
    assert ["FIRST", "CONTINUATION", "CONTINUATION"] == seen.causes
    assert "output_reset" not in seen.events


async def test_a_silent_target_is_not_asked_again(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A target that went silent is left for good, even with nobody else there."""
    model = scripted(faults, f"{PRIMARY}+stall@{SENT}", PRIMARY)
    seen = await see(gateway, [f"openai/{model}"], stream=RESTART, idle_timeout=IDLE)

    assert ("UNAVAILABLE", "PROVIDER_TIMEOUT") == (seen.code, seen.reason)
    assert 1 == len(seen.attempts)


async def test_three_targets_in_a_row(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A continuation that breaks off as well is continued in turn."""
    first, second = scripted(faults, f"{PRIMARY}+cut@3"), scripted(faults, f"{PRIMARY}+cut@4")
    third = scripted(faults, PRIMARY)
    targets = [f"openai/{first}", f"anthropic/{second}", f"anthropic/{third}"]
    seen = await see(gateway, targets, stream=CONTINUE)

    assert canonical_text(PRIMARY) == seen.text == seen.whole
    assert ["FIRST", "CONTINUATION", "CONTINUATION"] == seen.causes
    assert "output_reset" not in seen.events


async def test_reasoning_before_the_text_is_kept(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """What the first target thought stays a part of its own; the text goes on in the part that was begun."""
    primary, backup = scripted(faults, f"{PRIMARY}+reasoning=3+cut@7"), scripted(faults, PRIMARY)
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=CONTINUE)

    assert "output_reset" not in seen.events
    assert canonical_text(PRIMARY) == seen.text == seen.whole
