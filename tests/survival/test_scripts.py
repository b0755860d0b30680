"""Whatever the providers do: one outcome, in order, in time, and nothing left open."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fault_provider import Attempt, ThreadedFaultProvider, canonical_text
from gateway import faulty, running
from survival.asking import CONTINUE, RESTART, duration, scripted, see

STEPS = st.sampled_from(
    [
        "ok",
        "voice=b",
        "status=400",
        "status=401",
        "status=404",
        "status=429",
        "status=429+retry-after-ms=50",
        "status=429+retry-after=60",
        "status=500",
        "status=503",
        "status=529",
        "reset",
        "close",
        "silent",
        "html",
        "status=200+html",
        "cut@0",
        "cut@3",
        "reset@4",
        "truncate@2",
        "truncate@4+half-line",
        "stall@0",
        "stall@3",
        "no-end",
        "malformed@1",
        "malformed@4",
        "error@1+status=529",
        "error@5+status=500",
        "reject-prefill",
        "reasoning=2+cut@4",
        "json-stream",
        "sse-whole",
        "burst",
    ]
)
SCRIPTS = st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=3)
DEADLINE = 6.0
MAX_ATTEMPTS = 4
WAIT = duration(0.4)
# So low that it opens inside of one call.
BREAKER = {"consecutive_failures": 2, "probe_interval": "100ms"}
VOICES = ("voice=a", "voice=b")
# A failure is a whole call, over sockets: what shrinking would save, its time would cost.
PROFILE = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
AT_A_TIME = 6


def is_whole(text: str) -> bool:
    """Tell whether a text is one voice's, or begins with one and goes on with the other."""
    words = text.split(" ")
    voices = [canonical_text(voice).split(" ") for voice in VOICES]
    return any(
        words == [*first[:cut], *second[cut:]] for first in voices for second in voices for cut in range(len(first) + 1)
    )


def _of(models: list[str], attempts: list[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.model in models]


@PROFILE
@given(
    plays=st.lists(
        st.tuples(SCRIPTS, st.booleans(), st.sampled_from([None, RESTART, CONTINUE])),
        min_size=AT_A_TIME,
        max_size=AT_A_TIME,
    )
)
async def test_any_script(faults: ThreadedFaultProvider, plays: list[tuple[list[list[str]], bool, Any]]) -> None:
    """A call ends with a whole answer or with an error that has its attempts, before its deadline; nothing stays open.

    That events come in sequence, and that a part goes on only after it began, the client checks.
    """
    faults.clear()
    # Servers of other tests keep some for a while.
    others = faults.open_connections
    async with running({**faulty(faults), "breaker": BREAKER}) as gateway:

        async def play(scripts: list[list[str]], *, streaming: bool, stream: Any) -> None:
            """Make one call."""
            models = [scripted(faults, *steps) for steps in scripts]
            kinds = ["openai", "anthropic", "openai"]
            targets = [f"{kind}/{model}" for kind, model in zip(kinds, models, strict=False)]
            seen = await see(
                gateway,
                targets,
                streaming=streaming,
                stream=stream,
                deadline=DEADLINE,
                first_token_timeout=WAIT,
                idle_timeout=WAIT,
                attempt_timeout=WAIT,
                max_attempts=MAX_ATTEMPTS,
            )
            assert seen.seconds < DEADLINE + 1
            if seen.code == "OK":
                assert seen.text == seen.whole
                assert is_whole(seen.text), seen
            else:
                assert seen.reason
                assert seen.attempts
                assert "completed" not in seen.events
            assert len(seen.attempts) <= MAX_ATTEMPTS
            # A time that runs out can come before the request is sent, and the provider has a thread of its own.
            silences = [reason for _, _, reason in seen.attempts].count("PROVIDER_TIMEOUT")
            assert len(seen.attempts) - silences <= seen.reached <= len(seen.attempts)
            await faults.wait_until(lambda attempts: len(_of(models, attempts)) == seen.reached)

        await asyncio.gather(
            *(play(scripts, streaming=streaming, stream=stream) for scripts, streaming, stream in plays)
        )
    await faults.wait_until(lambda attempts: all(attempt.outcome != "running" for attempt in attempts))
    await faults.wait_until(lambda _: faults.open_connections <= others)


@pytest.mark.parametrize("text", ["", "The", canonical_text("voice=a") + "!"])
def test_the_check_can_fail(text: str) -> None:
    """What is cut, or not an answer at all, does not pass for whole."""
    assert not is_whole(text)
