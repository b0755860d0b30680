"""A caller that leaves closes the upstream request, whichever provider is asked."""

import asyncio
import time

import grpc
import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import ask
from contract.targets import KINDS
from fault_provider import ThreadedFaultProvider
from gateway import Gateway

EVERY = pytest.mark.parametrize("kind", KINDS)
BOTH = pytest.mark.parametrize("asked", [whole, streamed])
LIMIT_MS = 100


@EVERY
@BOTH
async def test_cancel_amid_a_stall(gateway: Gateway, faults: ThreadedFaultProvider, kind: str, asked: Ask) -> None:
    """Cancelling closes the upstream request within 100 ms while the provider says nothing."""
    took = []
    for _ in range(3):  # The machine, not the server, can be late once.
        faults.clear()
        waiting = asyncio.create_task(asked(gateway, ask("Hi", model=f"{kind}/stall@3")))
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        cancelled_ms = time.monotonic() * 1000
        waiting.cancel()
        await faults.wait_until(lambda attempts: attempts[0].client_gone_ms is not None)
        took.append((faults.attempts[0].client_gone_ms or 0) - cancelled_ms)
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert min(took) < LIMIT_MS


@EVERY
@BOTH
async def test_a_deadline_amid_a_stall(gateway: Gateway, faults: ThreadedFaultProvider, kind: str, asked: Ask) -> None:
    """The deadline ends a call whose provider stalls, upstream too."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await asked(gateway, ask("Hi", model=f"{kind}/stall@3"), 0.8)
    await faults.wait_until(lambda attempts: attempts[0].client_gone_ms is not None)

    assert grpc.StatusCode.DEADLINE_EXCEEDED == failed.value.code()
