"""A call under way that nobody follows for a while."""

import asyncio

import pytest
import uvloop

from llmrpc_server.errors import DeadlineExceeded
from llmrpc_server.flight import Flight
from server.flights import WHOLE, Source, heard, settled


async def test_it_lingers(source: Source) -> None:
    """With a lingering time it goes on without a follower, and one who comes back hears all of it."""
    flight = Flight(source, linger=60)
    follower = asyncio.create_task(heard(flight))
    source.release(1)
    await settled()
    follower.cancel()
    await settled()
    source.release(3)
    await settled()

    assert (False, True) == (source.closed.is_set(), flight.joinable)
    assert WHOLE == await heard(flight)
    source.afterwards.set()


async def test_lingering_ends(source: Source) -> None:
    """A flight to which nobody comes back is closed when its lingering time is over."""
    flight = Flight(source, linger=0.01)
    follower = asyncio.create_task(heard(flight))
    await settled()
    follower.cancel()
    await source.closed.wait()

    assert not flight.joinable


async def test_who_was_late_does_not_linger(source: Source) -> None:
    """Nobody whose deadline has passed comes back: it ends with the last of them."""
    flight = Flight(source, linger=60)
    with pytest.raises(DeadlineExceeded):
        await heard(flight, deadline=asyncio.get_running_loop().time() + 0.05)
    async with asyncio.timeout(5):
        await source.closed.wait()

    assert not flight.joinable


def test_who_is_woken_early_was_late() -> None:
    """Whoever waits for a deadline is woken up to half a millisecond before it by uvloop; that is late all the same."""
    assert [False] * 20 == uvloop.run(_late_ones())


async def _late_ones() -> list[bool]:
    """Tell of flights whose followers' deadlines lie between two ticks of the clock which of them linger."""
    joinable = []
    for fraction in range(20):
        flight = Flight(Source(), linger=60)
        with pytest.raises(DeadlineExceeded):
            await heard(flight, deadline=asyncio.get_running_loop().time() + 0.005 + fraction / 20_000)
        joinable.append(flight.joinable)
        await flight.give_up()
    return joinable


async def test_lingering_spares_what_is_whole(source: Source) -> None:
    """An answer that became whole while nobody was there is kept: what follows it gets done."""
    flight = Flight(source, linger=0.1)
    following = asyncio.create_task(heard(flight))
    source.release()
    await settled()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await asyncio.sleep(0.3)
    source.afterwards.set()
    await asyncio.wait_for(source.closed.wait(), 5)

    assert source.done
