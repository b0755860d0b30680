"""What counts as slow: a trend against the target's own past."""

import pytest

from llmrpc_server.health.latency import Latency

USUAL = 0.2


def settled() -> Latency:
    """Make the latency of a target that has answered for a while."""
    latency = Latency()
    for number in range(30):
        latency.observe(USUAL * (0.8 if number % 2 else 1.25))
    assert not latency.degraded
    return latency


def calls_until(latency: Latency, seconds: float, *, degraded: bool) -> int:
    """Return how many answers of a length it takes to change the mind."""
    for number in range(1, 100):
        latency.observe(seconds)
        if latency.degraded is degraded:
            return number
    return 100


def test_ten_times_slower_is_seen_soon() -> None:
    """A few answers show it, and a few show that it is over."""
    latency = settled()

    assert 2 <= calls_until(latency, USUAL * 10, degraded=True) <= 4
    assert calls_until(latency, USUAL, degraded=False) <= 3


@pytest.mark.parametrize("times", [5, 50])
def test_one_answer_is_no_trend(times: float) -> None:
    """However long a single one takes."""
    latency = settled()
    latency.observe(USUAL * times)

    assert not latency.degraded


@pytest.mark.parametrize("times", [1.0, 2.0])
def test_a_little_slower_is_usual(times: float) -> None:
    """Nothing is made of less than three times."""
    assert 100 == calls_until(settled(), USUAL * times, degraded=True)


def test_what_nobody_notices_is_not_slow() -> None:
    """Ten times of almost nothing is almost nothing."""
    latency = Latency()
    for _ in range(30):
        latency.observe(0.001)

    assert 100 == calls_until(latency, 0.01, degraded=True)


def test_slow_for_good_becomes_usual() -> None:
    """A target that stays slower gets its place back in the end."""
    latency = settled()
    calls_until(latency, USUAL * 4, degraded=True)
    for _ in range(800):
        latency.observe(USUAL * 4)

    assert not latency.degraded


def test_a_score_of_tokens() -> None:
    """Long answers are not slow ones: what counts is the time of a token."""
    latency = Latency()
    for tokens in [10, 100, 1000] * 10:
        latency.observe(tokens * 0.02, tokens)

    assert not latency.degraded
    assert latency.seconds == pytest.approx(0.02)


def test_unknown_before_the_first() -> None:
    """Nothing is known of a target that has not answered."""
    assert 0.0 == Latency().seconds
