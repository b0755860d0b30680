"""When a breaker opens, what it lets through then, and when it closes."""

from typing import Any

import pytest

from llmrpc_server.config import BreakerSettings
from llmrpc_server.health.breaker import Breaker, State


class Clock:
    """A time that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Make a clock."""
    return Clock()


def breaker(clock: Clock, **settings: Any) -> Breaker:
    """Make a breaker that opens after three failures in a row, for ten seconds."""
    usual = {"consecutive_failures": 3, "probe_interval": "10s", "window": "30s", "min_attempts": 10}
    return Breaker(BreakerSettings.model_validate({**usual, **settings}), clock)


def fail(made: Breaker, times: int, pause: float | None = None) -> None:
    """Let attempts fail."""
    for _ in range(times):
        made.failed(0, pause)


def test_failures_in_a_row(clock: Clock) -> None:
    """It opens at the third, not before; a success between them starts the count again."""
    made = breaker(clock)
    fail(made, 2)
    made.succeeded()
    fail(made, 2)
    assert made.admits
    fail(made, 1)

    assert State.OPEN is made.state
    assert not made.admits


def test_the_share_of_failures(clock: Clock) -> None:
    """Half of enough attempts is too much; of fewer it is not."""
    made = breaker(clock, consecutive_failures=100)
    for _ in range(4):
        made.succeeded()
        made.failed(0)
    admitted = made.admits
    made.succeeded()
    made.failed(0)

    assert (True, False) == (admitted, made.admits)
    assert made.error_rate == 0.5


def test_old_failures_are_forgotten(clock: Clock) -> None:
    """What is older than the window does not count."""
    made = breaker(clock, consecutive_failures=100)
    fail(made, 9)
    clock.now += 31
    made.failed(0)

    assert State.CLOSED is made.state
    assert made.error_rate == 1.0


def test_one_probe_at_a_time(clock: Clock) -> None:
    """After the pause one attempt is let through, and nobody else until it ends."""
    made = breaker(clock)
    fail(made, 3)
    clock.now += 10

    assert (True, 1, False) == (made.admits, made.enter(), made.admits)
    assert State.HALF_OPEN == made.state


def test_a_probe_that_fails(clock: Clock) -> None:
    """It opens again, for as long."""
    made = breaker(clock)
    fail(made, 3)
    clock.now += 10
    made.failed(made.enter())

    assert State.OPEN is made.state
    assert clock.now + 10 == made.open_until


def test_a_probe_that_succeeds(clock: Clock) -> None:
    """It closes, and what was before is forgotten."""
    made = breaker(clock)
    fail(made, 3)
    clock.now += 10
    made.enter()
    made.succeeded()

    assert State.CLOSED is made.state
    assert made.error_rate == 0.0
    assert not made.enter()


def test_a_probe_that_comes_to_no_end(clock: Clock) -> None:
    """The next attempt is the probe."""
    made = breaker(clock)
    fail(made, 3)
    clock.now += 10
    made.abandoned(made.enter())

    assert made.admits
    assert made.enter()


def test_a_silent_probe_is_not_waited_for(clock: Clock) -> None:
    """After another interval the next attempt is a probe too, and what becomes of the first one counts no more."""
    made = breaker(clock)
    fail(made, 3)
    clock.now += 10
    first = made.enter()
    clock.now += 10
    assert made.admits
    second = made.enter()
    made.abandoned(first)
    made.failed(first)

    assert first != second
    assert State.HALF_OPEN is made.state
    assert not made.admits


def test_a_longer_pause_is_not_cut_short(clock: Clock) -> None:
    """What older attempts say afterwards does not bring it back earlier."""
    made = breaker(clock)
    fail(made, 3, 300.0)
    fail(made, 2, 0.1)

    assert clock.now + 300 == made.open_until


@pytest.mark.parametrize(("pause", "expected"), [(None, 10), (3.0, 10), (60.0, 60)])
def test_the_provider_can_ask_for_a_longer_pause(clock: Clock, pause: float | None, expected: float) -> None:
    """Retry-After makes the pause longer, never shorter."""
    made = breaker(clock)
    fail(made, 3, pause)

    assert clock.now + expected == made.open_until


def test_switched_off(clock: Clock) -> None:
    """It counts, and never opens."""
    made = breaker(clock, enabled=False)
    fail(made, 50)

    assert made.admits
    assert made.error_rate == 1.0
