"""How long a wait may take, and what does not count as waiting."""

import asyncio
import socket
import time
from collections.abc import Callable

import pytest

from llmrpc_server.attempts.patience import OutOfPatience, Patience


async def silence(patience: Patience) -> None:
    """Wait for what never comes."""
    async with patience:
        patience.wait()
        await asyncio.sleep(30)


async def silence_after_output(patience: Patience) -> None:
    """Wait a little several times, then for what never comes."""
    async with patience:
        patience.wait()
        await asyncio.sleep(0.05)
        patience.answering()
        for _ in range(6):
            patience.wait()
            await asyncio.sleep(0.1)
            patience.heard()
        patience.wait()
        await asyncio.sleep(30)


async def test_the_first_output_is_late() -> None:
    """A wait for the first output ends at its limit."""
    began = time.monotonic()
    with pytest.raises(OutOfPatience):
        await silence(Patience(0.1, 60))

    assert 0.1 <= time.monotonic() - began < 10


async def test_later_output_is_late() -> None:
    """After the first output the other limit holds, for each wait anew."""
    patience = Patience(None, 0.5)
    with pytest.raises(OutOfPatience):
        await silence_after_output(patience)

    assert patience.waited >= 0.6


async def test_a_look_before_the_first_output_spoils_nothing() -> None:
    """Where the first output may take longer than any other, idle waiting ends at its own limit."""

    async def fall_silent() -> None:
        """Say something late, and nothing more."""
        async with Patience(30, 0.5) as patience:
            patience.wait()
            await asyncio.sleep(0.8)
            patience.answering()
            patience.wait()
            await asyncio.sleep(60)

    began = time.monotonic()
    with pytest.raises(OutOfPatience):
        await fall_silent()

    assert 1.3 <= time.monotonic() - began < 10


async def test_what_is_not_waiting_does_not_count() -> None:
    """Time in which nobody waits for the provider is free."""
    async with Patience(0.5, 0.5) as patience:
        patience.wait()
        patience.answering()
        await asyncio.sleep(1.2)
        patience.wait()
        await asyncio.sleep(0)
        patience.heard()

    assert patience.waited < 0.5


async def test_a_cancellation_by_others_goes_before() -> None:
    """Whoever cancels the task gets a CancelledError, not a timeout."""
    entered = asyncio.Event()

    async def wait() -> None:
        """Wait for ever."""
        async with Patience(60, 60) as patience:
            patience.wait()
            entered.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(wait())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_left_behind() -> None:
    """The task can go on after a timeout: its cancellation is taken back."""
    with pytest.raises(OutOfPatience):
        await silence(Patience(0.05, None))
    task = asyncio.current_task()

    assert task is not None
    assert 0 == task.cancelling()
    await asyncio.sleep(0)


async def word_after_standstill(reader: asyncio.StreamReader, *before: Callable[[], object]) -> bytes:
    """Wait for a word, while nothing runs for longer than the wait may take."""
    async with Patience(0.1, 0.1) as patience:
        patience.wait()
        for work in (*before, lambda: time.sleep(0.3)):
            asyncio.get_running_loop().call_soon(work)
        return await reader.read(4)


async def test_a_process_that_stood_still_listens_first() -> None:
    """What came while nothing ran at all was in time; what did not come then was late."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    heard = await word_after_standstill(reader, lambda: theirs.send(b"word"))
    with pytest.raises(OutOfPatience):
        await word_after_standstill(reader)
    theirs.close()
    writer.close()
    await writer.wait_closed()

    assert b"word" == heard
