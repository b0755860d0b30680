"""What is kept back of a deadline for the status to arrive, and what a server learns of its own slowness."""

import time

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc_server import margin
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.margin import Margin


@pytest.fixture(autouse=True)
def _as_in_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(margin, "LEAST_SECONDS", 0.05)


def test_50_ms_where_nothing_was_late() -> None:
    """That much is kept back of every deadline."""
    assert 0.05 == Margin().of(10)


def test_more_where_calls_ended_late() -> None:
    """The latest end is what is reckoned with, at once."""
    learnt = Margin()
    learnt.ended(0.02)
    learnt.ended(0.12)
    learnt.ended(0.01)

    assert 0.15 < learnt.of(10) < 0.17


def test_lateness_is_forgotten() -> None:
    """A server that ends its calls in time again comes back to 50 ms."""
    learnt = Margin()
    learnt.ended(0.3)
    for _ in range(60):
        learnt.ended(0.001)

    assert 0.05 <= learnt.of(10) < 0.053


def test_never_much_of_a_calls_time() -> None:
    """No more than a tenth of what the caller allows, and half a second, goes to it."""
    learnt = Margin()
    learnt.ended(30)

    assert 0.05 + 0.01 == pytest.approx(learnt.of(0.1))
    assert 0.05 + 0.5 == pytest.approx(learnt.of(60))


async def test_a_slow_server_still_tells(
    gateway: Gateway, faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each end takes 0.25 s, the first call may be told too late; those after it are told with details."""
    close = Bookkeeper.close

    def slowly(*arguments: object) -> object:
        # It holds up the event loop, as a slow host does.
        time.sleep(0.25)
        return close(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Bookkeeper, "close", slowly)
    told = []
    for _ in range(3):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.completion.Complete(request("openai/silent"), timeout=4)
        assert grpc.StatusCode.DEADLINE_EXCEEDED is failed.value.code()
        told.append("grpc-status-details-bin" in dict(failed.value.trailing_metadata() or ()))

    assert [False, True, True] == told
