"""One deadline for the whole call: no attempt that cannot finish, no wait past it, and time left for who can answer."""

import asyncio
from typing import Any

import grpc
import pytest

from fault_provider import ThreadedFaultProvider, canonical_text
from gateway import Gateway, faulty, request, running
from llmrpc.v1 import completion_pb2, completion_pb2_grpc
from survival.asking import RESTART, duration, scripted, see

BOTH = pytest.mark.parametrize("streaming", [False, True])


@BOTH
async def test_a_silent_target_leaves_time_for_the_next(
    gateway: Gateway, faults: ThreadedFaultProvider, streaming: bool
) -> None:
    """Without any timeout configured, each target has its share of the deadline until its first output."""
    silent, backup = scripted(faults, "silent"), scripted(faults, "voice=b")
    seen = await see(gateway, [f"openai/{silent}", f"anthropic/{backup}"], streaming=streaming, deadline=4)

    assert ("OK", canonical_text("voice=b")) == (seen.code, seen.text)
    assert 1.5 < seen.seconds < 4


@BOTH
async def test_the_last_target_has_all_that_is_left(
    gateway: Gateway, faults: ThreadedFaultProvider, streaming: bool
) -> None:
    """DEADLINE_EXCEEDED comes when the caller's own deadline passes, and not before."""
    silent = scripted(faults, "silent")
    seen = await see(gateway, [f"openai/{silent}"], streaming=streaming, deadline=1.5)

    assert ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED") == (seen.code, seen.reason)
    assert [("openai", "FIRST", "DEADLINE_EXCEEDED")] == seen.attempts
    assert 1 <= seen.seconds


@BOTH
async def test_the_routes_total_is_a_deadline(faults: ThreadedFaultProvider, streaming: bool) -> None:
    """A call without a deadline ends with the route's."""
    silent = scripted(faults, "silent")
    config = faulty(faults, short={"targets": [f"openai/{silent}"], "timeouts": {"total": "700ms"}})
    async with running(config) as gateway:
        seen = await see(gateway, ["short"], streaming=streaming, deadline=None)

    assert ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED") == (seen.code, seen.reason)
    assert 0.7 <= seen.seconds < 20


@BOTH
async def test_a_timeout_of_the_request_is_no_deadline(
    gateway: Gateway, faults: ThreadedFaultProvider, streaming: bool
) -> None:
    """A provider that is slower than the caller allows an attempt is UNAVAILABLE; the deadline has not passed."""
    silent = scripted(faults, "silent")
    limits: dict[str, Any] = {"first_token_timeout" if streaming else "attempt_timeout": duration(0.5)}
    seen = await see(gateway, [f"openai/{silent}"], streaming=streaming, deadline=20, **limits)

    assert ("UNAVAILABLE", "PROVIDER_TIMEOUT") == (seen.code, seen.reason)
    assert 0.5 <= seen.seconds < 15


async def test_a_stream_that_flows_is_never_cut(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Timeouts are for waiting: a stream may take longer than all of them together."""
    steady = scripted(faults, "slow-tokens=150ms+tokens=12")
    limits: dict[str, Any] = {
        name: duration(1.0) for name in ("attempt_timeout", "first_token_timeout", "idle_timeout")
    }
    seen = await see(gateway, [f"openai/{steady}", "anthropic/ok"], **limits)

    assert ("OK", 1) == (seen.code, len(seen.attempts))
    assert seen.seconds > 1.5


async def test_a_slow_reader_is_not_a_silent_provider(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """While the caller reads, nobody waits for the provider."""
    model = scripted(faults, "burst+text=" + "word " * 40_000)
    policy = completion_pb2.RoutingPolicy(idle_timeout=duration(0.5))
    # So little goes out ahead of the reader that the server has to wait for it.
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16384)]
    async with grpc.aio.insecure_channel(gateway.address, options=options) as channel:
        stub = completion_pb2_grpc.CompletionServiceStub(channel)
        stream = stub.StreamComplete(request(f"openai/{model}", routing=policy), timeout=60)
        events: list[str | None] = []
        async for event in stream:
            if not events:
                # Longer than the timeout.
                await asyncio.sleep(1.5)
            events.append(event.WhichOneof("event"))

    assert "completed" == events[-1]


@BOTH
async def test_no_wait_beyond_the_deadline(gateway: Gateway, faults: ThreadedFaultProvider, streaming: bool) -> None:
    """A Retry-After that the deadline does not allow ends the call at once, with the delay in RetryInfo."""
    limited = scripted(faults, "status=429+retry-after=30")
    seen = await see(gateway, [f"openai/{limited}"], streaming=streaming, deadline=20)

    assert ("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED", 30.0) == (seen.code, seen.reason, seen.retry_after)
    assert seen.seconds < 10


@BOTH
async def test_retry_after_is_kept_exactly(gateway: Gateway, faults: ThreadedFaultProvider, streaming: bool) -> None:
    """The same target is asked again when it said that it would be back, not before."""
    limited = scripted(faults, "status=429+retry-after=1", "ok")
    seen = await see(gateway, [f"openai/{limited}"], streaming=streaming)

    first, second = faults.attempts
    assert "OK" == seen.code
    assert 1.0 <= (second.received_ms - first.received_ms) / 1000 < 5


async def test_a_stalled_stream_is_rescued_within_the_deadline(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Without an idle timeout a stall takes no more than its share of what is left."""
    primary, backup = scripted(faults, "stall@3"), scripted(faults, "voice=b")
    seen = await see(gateway, [f"openai/{primary}", f"anthropic/{backup}"], stream=RESTART, deadline=4)

    assert ("OK", canonical_text("voice=b")) == (seen.code, seen.text)


async def test_a_target_that_is_too_slow_is_not_started(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A target that usually takes longer than the call has left is passed over for one that can make it."""
    slow, quick = scripted(faults, "slow-first=3s"), scripted(faults, "voice=b")
    targets = [f"openai/{slow}", f"anthropic/{quick}"]
    assert "OK" == (await see(gateway, targets)).code
    seen = await see(gateway, targets, deadline=2.4)

    assert ("OK", {"anthropic": 1}) == (seen.code, seen.by_provider)
