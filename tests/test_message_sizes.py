"""Messages larger than the 4 MB of gRPC itself pass in both directions; what is too large is told in words."""

import grpc
import pytest

import llmrpc
from contract.asking import Ask, streamed, whole
from contract.cases import ask
from details import failure_of
from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import Gateway

FIVE_MEGABYTES = "tokens " * (5 * 1024 * 1024 // 7)


@pytest.mark.parametrize("stream", [False, True])
async def test_five_megabytes_both_ways(gateway: Gateway, faults: ThreadedFaultProvider, *, stream: bool) -> None:
    """A prompt of 5 MB gets an answer of 5 MB, whole and streamed, with the client's own channel."""
    # One event holds all of it: as many as words would only take long.
    faults.script("large", [Behaviour(text=FIVE_MEGABYTES.replace(" ", "_"), burst=True)])
    async with llmrpc.AsyncClient(gateway.address) as client:
        if stream:
            answer = await client.stream(FIVE_MEGABYTES, model="openai/large").result()
        else:
            answer = await client.complete(FIVE_MEGABYTES, model="openai/large")

    assert len(FIVE_MEGABYTES) == len(answer.text)
    assert FIVE_MEGABYTES == faults.attempts[0].body["messages"][0]["content"]


@pytest.mark.parametrize("asked", [whole, streamed])
async def test_too_large_is_told(gateway: Gateway, faults: ThreadedFaultProvider, asked: Ask) -> None:
    """A request of 33 MB is RESOURCE_EXHAUSTED with how large it may be, and nobody is asked."""
    error = await failure_of(asked(gateway, ask("x" * (33 * 1024 * 1024))))

    assert grpc.StatusCode.RESOURCE_EXHAUSTED == error.code()
    assert str(32 * 1024 * 1024) in (error.details() or "")
    assert [] == faults.attempts
