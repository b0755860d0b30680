"""A caller that leaves, or whose time is up: the upstream request ends at once, and the caller is told why."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2

from details import detail
from fault_provider import Attempt, ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc.v1 import completion_pb2, error_reason_pb2
from llmrpc_server import margin

# What the caller's cancellation, seen upstream, may take.
LIMIT_MS = 100

QUIET = pytest.mark.parametrize("fault", ["silent", "slow-headers=1m", "slow-first=1m", "stall@3", "slow-tokens=50ms"])
BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])

Drain = Callable[[Any], Coroutine[Any, Any, None]]


async def unary(call: Any) -> None:
    """Wait for a whole answer."""
    await call


async def stream(call: Any) -> None:
    """Wait for the end of a stream."""
    async for _ in call:
        pass


def arrived(attempts: list[Attempt]) -> bool:
    """Tell whether the upstream request is there."""
    return len(attempts) == 1


def gone(attempts: list[Attempt]) -> bool:
    """Tell whether the upstream request was closed."""
    return bool(attempts) and attempts[0].client_gone_ms is not None


@QUIET
@BOTH
@pytest.mark.parametrize("drain", [unary, stream])
async def test_cancel_closes_upstream(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str, fault: str, drain: Drain
) -> None:
    """Cancelling the RPC closes the upstream connection within 100 ms, also while no token flows."""
    method = gateway.completion.Complete if drain is unary else gateway.completion.StreamComplete
    took = [await cancelled(faults, method(request(f"{provider}/{fault}"), timeout=30), drain) for _ in range(3)]

    # The machine can be late, but makes nobody early.
    assert min(took) < LIMIT_MS


async def cancelled(faults: ThreadedFaultProvider, call: Any, drain: Drain) -> float:
    """Cancel a call once it is upstream; return how many milliseconds later its connection was closed."""
    faults.clear()
    waiting = asyncio.create_task(drain(call))
    await faults.wait_until(arrived)
    cancelled_ms = time.monotonic() * 1000
    call.cancel()
    await faults.wait_until(gone)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    [attempt] = faults.attempts
    return (attempt.client_gone_ms or 0) - cancelled_ms


@BOTH
@pytest.mark.parametrize("drain", [unary, stream])
@pytest.mark.parametrize("fault", ["silent", "stall@3"])
async def test_deadline_closes_upstream_and_tells(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str, fault: str, drain: Drain
) -> None:
    """The caller's deadline closes the upstream request and arrives as a status with the call's details."""
    method = gateway.completion.Complete if drain is unary else gateway.completion.StreamComplete
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await drain(method(request(f"{provider}/{fault}"), timeout=1))
    await faults.wait_until(gone)

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    assert "DEADLINE_EXCEEDED" == detail(failed.value, error_details_pb2.ErrorInfo).reason
    failure = detail(failed.value, completion_pb2.CompletionFailure)
    assert [error_reason_pb2.ERROR_REASON_DEADLINE_EXCEEDED] == [a.reason for a in failure.accounting.attempts]
    assert (fault == "stall@3" and drain is stream) == failure.output_sent
    attempt = faults.attempts[0]
    assert attempt.client_gone_ms is not None


@pytest.mark.parametrize("milliseconds", [250, 350])
async def test_short_deadlines_are_told(gateway: Gateway, milliseconds: int) -> None:
    """A deadline that is shorter than what is kept back for the status is told with details, too."""
    assert milliseconds / 1000 < margin.LEAST_SECONDS
    # Wake up both sides: at a first call, loading what it needs may take as long.
    await gateway.completion.Complete(request())
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(request("openai/silent"), timeout=milliseconds / 1000)

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    assert "DEADLINE_EXCEEDED" == detail(failed.value, error_details_pb2.ErrorInfo).reason


async def test_cancel_during_a_blocked_write(faults: ThreadedFaultProvider) -> None:
    """A caller that goes away while a message waits for it is a cancellation, not a fault of ours."""
    small_windows = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16384)]
    with structlog.testing.capture_logs() as logs:
        async with running(faulty(faults), options=small_windows) as gateway:
            call = gateway.completion.StreamComplete(request("openai/tokens=60000"), timeout=30)
            await anext(aiter(call))
            await faults.wait_until(lambda attempts: attempts[0].tokens_sent > 1000, timeout=20)
            call.cancel()
            await faults.wait_until(gone)

    assert ["CANCELLED"] == [line["code"] for line in logs if line["event"] == "rpc"]
    assert [] == [line for line in logs if line["log_level"] == "error"]


async def test_route_has_a_deadline_of_its_own(faults: ThreadedFaultProvider) -> None:
    """A call without a deadline ends at its route's total timeout."""
    route = {"targets": ["openai/silent"], "timeouts": {"total": "200ms"}}
    async with running(faulty(faults, quiet=route)) as gateway:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.completion.Complete(request("quiet"))

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
    await faults.wait_until(gone)


async def test_slow_reader_meets_its_deadline(faults: ThreadedFaultProvider) -> None:
    """A caller that does not read is held back by flow control, and its deadline still ends the upstream request."""
    small_windows = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16384)]
    async with running(faulty(faults), options=small_windows) as gateway:
        call = gateway.completion.StreamComplete(request("openai/tokens=60000"), timeout=2)
        events = aiter(call)
        await anext(events)
        await faults.wait_until(gone, timeout=10)
        assert "client_gone" == faults.attempts[0].outcome
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stream(events)

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
