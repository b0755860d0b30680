"""What is kept back of a deadline for the status to arrive, and what a server learns of its own slowness."""

import asyncio
import time

import grpc
import pytest

from details import failure_of
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc_server import margin
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.margin import Margin

# Of this module's import: a fixture of all tests gives their servers more.
LEAST = margin.LEAST_SECONDS


@pytest.fixture(autouse=True)
def _as_in_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(margin, "LEAST_SECONDS", LEAST)


def test_50_ms_where_nothing_was_late() -> None:
    """That much is kept back of every deadline, and of longer ones what a header rounds them up by."""
    assert [0.05, 0.05, 0.06, 0.06, 0.15, 1.05, 10.05] == pytest.approx(
        [Margin().of(remaining) for remaining in (0.01, 0.999, 1, 9.99, 10, 999, 1000)]
    )


@pytest.mark.parametrize("given_up", [0.5, 1.111, 9.981, 10.01, 20.03, 60, 99.91, 101.2, 1000.5, 3601])
async def test_a_call_ends_before_its_caller_gives_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, given_up: float
) -> None:
    """What is kept back of a deadline is enough for a status, however its header rounds it, and not much more."""
    given = []
    of = Margin.of

    def noted(learning: Margin, remaining: float) -> float:
        """Note what is asked and told."""
        given.append((remaining, of(learning, remaining)))
        return given[-1][1]

    monkeypatch.setattr(Margin, "of", noted)
    call = await gateway.completion.Complete(request(), timeout=given_up)

    [(remaining, kept_back)] = given
    assert remaining - kept_back <= given_up - 0.045
    assert kept_back <= 0.05 + given_up / 100
    assert call.message.parts


def test_more_where_calls_ended_late() -> None:
    """The latest end is what is reckoned with, at once."""
    learnt = Margin()
    learnt.ended(0.02)
    learnt.ended(0.12)
    learnt.ended(0.01)

    assert 0.1 < learnt.of(10) - Margin().of(10) < 0.12


def test_lateness_is_forgotten() -> None:
    """A server that ends its calls in time again comes back to 50 ms."""
    learnt = Margin()
    learnt.ended(0.3)
    for _ in range(60):
        learnt.ended(0.001)

    assert 0 <= learnt.of(10) - Margin().of(10) < 0.003


def test_never_much_of_a_calls_time() -> None:
    """No more than a tenth of what the caller allows, and half a second, goes to it."""
    learnt = Margin()
    learnt.ended(30)

    assert 0.05 + 0.01 == pytest.approx(learnt.of(0.1))
    assert 0.5 == pytest.approx(learnt.of(60) - Margin().of(60))


def test_who_was_not_late_teaches_nothing() -> None:
    """A call that did not end by its time leaves what is known as it is."""
    learnt = Margin()
    learnt.ended(0.3)
    for _ in range(60):
        learnt.ended(0.0)

    assert 0.3 == pytest.approx(learnt.of(10) - Margin().of(10))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return what the server learns of its calls."""
    ends: list[float] = []
    ended = Margin.ended

    def noted(learning: Margin, late: float) -> None:
        """Note it, too."""
        ends.append(late)
        ended(learning, late)

    monkeypatch.setattr(Margin, "ended", noted)
    return ends


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_call_that_ran_out_of_time_is_learnt_from(
    gateway: Gateway, faults: ThreadedFaultProvider, told: list[float], streaming: bool
) -> None:
    """It is its end that counts, from the moment at which its time came."""
    method = gateway.completion.StreamComplete if streaming else gateway.completion.Complete
    for _ in range(3):
        error = await failure_of(method(request("openai/silent"), timeout=1))
        assert grpc.StatusCode.DEADLINE_EXCEEDED is error.code()
    await faults.wait_until(lambda attempts: all(attempt.client_gone_ms is not None for attempt in attempts))

    assert 3 == len(told)
    # The machine can be slow, not each time.
    assert 0 < min(told) < 0.5


async def test_who_had_no_time_teaches_nothing(gateway: Gateway, told: list[float]) -> None:
    """A deadline that is shorter than what is kept back says nothing of how slow an end is."""
    error = await failure_of(gateway.completion.Complete(request("openai/silent"), timeout=0.04))

    assert grpc.StatusCode.DEADLINE_EXCEEDED is error.code()
    assert not any(told)


@pytest.mark.parametrize("deadline", [None, 1.5])
async def test_who_does_not_read_teaches_nothing(
    faults: ThreadedFaultProvider, told: list[float], deadline: float | None
) -> None:
    """A caller that holds up the sending, and leaves after the call's time, makes nobody else's time shorter."""
    windows = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16384)]
    route = {"targets": ["openai/tokens=60000"], "timeouts": {"total": "1s"}}
    async with running(faulty(faults, endless=route), options=windows) as gateway:
        call = gateway.completion.StreamComplete(request("endless"), timeout=deadline)
        await anext(aiter(call))
        await asyncio.sleep(2)
        call.cancel()
        await faults.wait_until(lambda attempts: attempts[0].client_gone_ms is not None)

    assert not any(told)


async def test_a_slow_server_still_tells(
    gateway: Gateway, faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each end takes 0.6 s, the first call is told too late; those after it are told with details."""
    monkeypatch.setattr(margin, "LEAST_SECONDS", 0.3)
    monkeypatch.setattr(margin, "_MOST_LATE_SECONDS", 1.0)
    monkeypatch.setattr(margin, "_SHARE_OF_THE_TIME", 0.4)
    close = Bookkeeper.close

    def slowly(*arguments: object) -> object:
        """Hold up the event loop, as a slow host does."""
        time.sleep(0.6)
        return close(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Bookkeeper, "close", slowly)
    told = []
    for _ in range(3):
        error = await failure_of(gateway.completion.Complete(request("openai/silent"), timeout=2))
        assert grpc.StatusCode.DEADLINE_EXCEEDED is error.code()
        told.append("grpc-status-details-bin" in dict(error.trailing_metadata() or ()))

    assert [False, True, True] == told
