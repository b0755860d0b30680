"""Connections from clients: one that has grown old is given up, one that is silent is kept, and no call is cut."""

import asyncio
import time

import psutil
import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import ask, text_of
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import Gateway, faulty, running

# gRPC makes each age a tenth longer or shorter, so that not all clients come back at once.
AGE_SECONDS = 1.0
# 20 tokens: an answer of 3 s.
SLOW = "openai/slow-tokens=150ms"


def connections_to(gateway: Gateway) -> set[int]:
    """Return the ports of this process's own connections to the server."""
    port = int(gateway.address.rpartition(":")[2])
    return {
        made.laddr.port
        for made in psutil.Process().net_connections("tcp")
        if made.status == psutil.CONN_ESTABLISHED and port == made.raddr[1]
    }


@pytest.mark.parametrize("asked", [whole, streamed])
async def test_an_old_connection_cuts_no_call(faults: ThreadedFaultProvider, asked: Ask) -> None:
    """A call that is longer than its connection may live ends well; calls after that time have another connection."""
    config = {**faulty(faults), "server": {"max_connection_age": f"{AGE_SECONDS}s"}}
    slow = SLOW if asked is streamed else "openai/slow-headers=3s"
    async with running(config) as gateway:
        began = time.monotonic()
        long = asyncio.create_task(asked(gateway, ask("Hi", model=slow)))
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        first = connections_to(gateway)
        others, seen = [], set(first)
        while not long.done():
            others.append(await asked(gateway, ask("Hi", model="openai/gpt-4o")))
            seen |= connections_to(gateway)
            await asyncio.sleep(0.05)
        seconds = time.monotonic() - began
        async with asyncio.timeout(10):
            while first & connections_to(gateway):
                await asyncio.sleep(0.01)

    assert seconds > 2 * AGE_SECONDS
    assert {CANONICAL_TEXT} == {text_of(answer) for answer in (await long, *others)}
    assert 1 == len(first)
    assert seen > first


@pytest.mark.slow
async def test_a_client_may_ask_whether_anybody_is_there(faults: ThreadedFaultProvider) -> None:
    """Who pings every 10 s while a model thinks is not taken for a flood."""
    often = [("grpc.keepalive_time_ms", 10_200), ("grpc.http2.max_pings_without_data", 0)]
    async with running(faulty(faults), options=often) as gateway:
        answer = await streamed(gateway, ask("Hi", model="openai/slow-first=50s"), 90)

    assert CANONICAL_TEXT == text_of(answer)
