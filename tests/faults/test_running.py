"""The provider itself: closing, waiting, its log, many at once, threads and as a program."""

import asyncio
import re
import sys
import time
from pathlib import Path

import openai
import pytest

from fault_provider import Behaviour, FaultProvider, ThreadedFaultProvider, canonical_text
from faults.wire import OPENAI, ask, connected, openai_sdk, request_for


async def test_closing_ends_silent_connections_promptly() -> None:
    """Closing hangs up on everyone, and says so in the log."""
    async with FaultProvider() as provider:
        asking = [asyncio.create_task(ask(provider, OPENAI, model)) for model in ("silent", "stall@1")]
        await provider.wait_until(lambda attempts: len(attempts) == 2)
        began = time.monotonic()
    closed_after = time.monotonic() - began
    await asyncio.gather(*asking)

    assert closed_after < 1
    assert {"provider_closed"} == {attempt.outcome for attempt in provider.attempts}
    assert 0 == provider.open_connections


async def test_closing_does_not_wait_for_a_client_that_reads_nothing() -> None:
    """Unsent megabytes do not hold up closing."""
    async with FaultProvider() as provider:
        provider.script("m", [Behaviour(body=b"x" * 50_000_000)])
        async with connected(provider) as (reader, writer):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(request_for(OPENAI, "m"))
            await provider.wait_until(lambda attempts: len(attempts) == 1 and attempts[0].model == "m")
            async with asyncio.timeout(2):
                await provider.__aexit__(None, None, None)

    assert ["provider_closed"] == [attempt.outcome for attempt in provider.attempts]


async def test_waiting_in_vain_says_what_was_seen(provider: FaultProvider) -> None:
    """A wait that times out lists the attempts."""
    await ask(provider, OPENAI, "status=503")
    with pytest.raises(TimeoutError, match="status=503 refused"):
        await provider.wait_until(lambda _: False, timeout=0.01)


async def test_only_the_last_attempts_are_kept() -> None:
    """A long run does not grow without bound; numbers go on."""
    async with FaultProvider(keep=2) as provider:
        for _ in range(3):
            await ask(provider, OPENAI, "ok")

    assert [2, 3] == [attempt.number for attempt in provider.attempts]


async def test_many_streams_at_once(provider: FaultProvider) -> None:
    """Three hundred concurrent streams all get their answer."""
    answers = await asyncio.gather(*(ask(provider, OPENAI, "slow-tokens=10ms+tokens=5") for _ in range(300)))

    assert {canonical_text("tokens=5")} == {raw.text for raw in answers}
    await provider.wait_until(lambda _: provider.open_connections == 0)


async def test_in_a_thread_of_its_own() -> None:
    """The threaded provider answers and can be waited for from another event loop."""
    async with ThreadedFaultProvider() as provider, openai_sdk(provider) as client:
        provider.script("m", ["ok"])
        await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        await provider.wait_until(lambda attempts: attempts[0].outcome == "answered")
        assert 1 == provider.open_connections
        provider.clear()
        assert [] == provider.attempts


def test_in_a_thread_without_an_event_loop() -> None:
    """Synchronous tests use `with` and `block_until`."""
    with (
        ThreadedFaultProvider() as provider,
        openai.OpenAI(base_url=f"{provider.base_url}/v1", api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="status=500", messages=[{"role": "user", "content": "Hi"}])
        provider.block_until(lambda attempts: attempts[0].outcome == "refused")


def test_a_taken_port_is_reported() -> None:
    """Starting on a port in use raises instead of hanging."""
    with ThreadedFaultProvider() as provider:
        port = int(provider.base_url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"), ThreadedFaultProvider(port=port):
            pass


async def test_runs_as_a_program() -> None:
    """`python -m fault_provider` prints its address first and stops on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fault_provider",
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode()
    process.terminate()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", address)
    assert 0 == await process.wait()
