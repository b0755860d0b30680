"""Every fault, for whole answers and for streams: with retries alone, with a fallback, and with nothing left."""

import asyncio
import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fault_provider import Attempt, ThreadedFaultProvider, canonical_text
from gateway import Gateway, running
from survival.asking import Seen, duration, scripted, see
from survival.conftest import with_nowhere
from survival.page import page
from survival.table import FAULTS, MAX_ATTEMPTS, Fault
from toolchains import ROOT

SITUATIONS = ("retry", "fallback", "nothing left")
MODES = ("unary", "stream")
CASES = list(itertools.product(FAULTS, MODES, SITUATIONS))
IDS = [f"{fault.name}-{mode}-{situation}" for fault, mode, situation in CASES]

DEADLINE = 20.0
# Of a fault that shows only by waiting.
TIMEOUT = 1.0
AT_A_TIME = 12
BACKUP = "voice=b"


@dataclass(frozen=True)
class Outcome:
    """One case, seen from both sides."""

    seen: Seen
    asked: list[Attempt]
    primary: str


Results = Mapping[tuple[str, str, str], Outcome]


async def play(gateway: Gateway, faults: ThreadedFaultProvider, fault: Fault, mode: str, situation: str) -> Outcome:
    """Let one fault happen. With retries alone the second answer is good; a fault of the network lasts."""
    provider = fault.behaviour if fault.network else "openai"
    steps = [fault.behaviour, "ok"] if situation == "retry" else [fault.behaviour]
    primary = scripted(faults, *(["ok"] if fault.network else steps))
    backup = scripted(
        faults, BACKUP if situation == "fallback" else fault.behaviour if not fault.network else "status=503"
    )
    targets = [f"{provider}/{primary}", f"anthropic/{backup}"]
    timeouts: dict[str, Any] = {
        name: duration(TIMEOUT) for name in ("attempt_timeout", "first_token_timeout", "idle_timeout") if fault.timed
    }
    seen = await see(
        gateway,
        targets[:1] if situation == "retry" else targets,
        streaming=mode == "stream",
        deadline=DEADLINE,
        **timeouts,
    )
    asked = [attempt for attempt in faults.attempts if attempt.model in {primary, backup}]
    return Outcome(seen, asked, primary)


@pytest.fixture(scope="module")
async def results(fault_server: ThreadedFaultProvider, nowhere: Mapping[str, str]) -> Results:
    """Let all faults happen, some at a time."""
    turns = asyncio.Semaphore(AT_A_TIME)
    async with running(with_nowhere(fault_server, nowhere)) as gateway:

        async def one(fault: Fault, mode: str, situation: str) -> Outcome:
            """Wait for its turn."""
            async with turns:
                return await play(gateway, fault_server, fault, mode, situation)

        outcomes = await asyncio.gather(*(one(*case) for case in CASES))
    return {
        (fault.name, mode, situation): outcome
        for (fault, mode, situation), outcome in zip(CASES, outcomes, strict=True)
    }


def in_mode(fault: Fault, mode: str) -> Fault:
    """Return the fault as it shows in a mode."""
    if mode == "unary":
        fault = replace(fault, shown=False)
        if fault.whole:
            fault = replace(fault, reason=fault.whole, code=fault.whole_code, alone=0)
    return fault


def expected(fault: Fault, situation: str) -> tuple[str, list[int]]:
    """Return what must follow: the code, and how often the primary and the backup are asked."""
    alone = [1 + fault.alone]
    primary = 1 + fault.repeats
    if fault.reason == "OK" or fault.shown or (not fault.elsewhere and situation != "retry"):
        return fault.code, [1]
    if situation == "retry":
        return ("OK", [2]) if fault.alone and not fault.network else (fault.code, alone)
    if situation == "fallback":
        return "OK", [primary, 1]
    # The backup of a network fault is down.
    repeats = 1 if fault.network else fault.alone
    return fault.code, [primary, min(1 + repeats, MAX_ATTEMPTS - primary)]


@pytest.mark.parametrize(("fault", "mode", "situation"), CASES, ids=IDS)
async def test_what_the_caller_sees(results: Results, fault: Fault, mode: str, situation: str) -> None:
    """The caller gets the whole answer, or the error that says why, after as many attempts as make sense."""
    seen = results[fault.name, mode, situation].seen
    fault = in_mode(fault, mode)
    code, attempts = expected(fault, situation)

    assert (code, "" if code == "OK" else fault.reason) == (seen.code, seen.reason)
    assert attempts == list(seen.by_provider.values())
    if code == "OK":
        voice = BACKUP if len(attempts) > 1 else ""
        assert canonical_text(voice) == seen.text == seen.whole
    else:
        assert "completed" not in seen.events
        assert fault.shown is seen.output_sent


@pytest.mark.parametrize(("fault", "mode", "situation"), CASES, ids=IDS)
async def test_what_the_providers_see(results: Results, fault: Fault, mode: str, situation: str) -> None:
    """The books have every request, there are no others, none after the deadline, and waits are kept."""
    outcome = results[fault.name, mode, situation]
    arrived = len(outcome.asked)

    never_arrive = outcome.seen.by_provider.get(fault.behaviour, 0) if fault.network else 0
    assert len(outcome.seen.attempts) == arrived + never_arrive
    assert len(outcome.seen.attempts) <= MAX_ATTEMPTS
    times = [attempt.received_ms / 1000 for attempt in outcome.asked]
    assert all(moment - times[0] < DEADLINE for moment in times)
    at_primary = [attempt.received_ms / 1000 for attempt in outcome.asked if attempt.model == outcome.primary]
    assert all(later - earlier >= fault.wait for earlier, later in itertools.pairwise(at_primary))


@pytest.mark.parametrize(("fault", "mode", "situation"), CASES, ids=IDS)
async def test_when_it_ends(results: Results, fault: Fault, mode: str, situation: str) -> None:
    """No call hangs: it ends as soon as the last attempt does, long before its deadline."""
    assert results[fault.name, mode, situation].seen.seconds < DEADLINE / 2


async def test_the_page_tells_what_was_seen(results: Results) -> None:
    """docs/faults.md is what this suite saw; LLMRPC_WRITE_DOCS=1 writes it anew."""
    path = ROOT / "docs" / "faults.md"
    told = page({key: outcome.seen for key, outcome in results.items()})
    if os.environ.get("LLMRPC_WRITE_DOCS"):
        path.write_text(told, encoding="utf-8")

    assert told == path.read_text(encoding="utf-8")
