"""A door: who waits goes in in turn, and nobody who leaves takes a place along."""

import asyncio

import pytest

from llmrpc_server.config import GateSettings
from llmrpc_server.errors import Overloaded
from llmrpc_server.gate import Gate


def gate(waiting: int = 3) -> Gate:
    """Make a gate for one."""
    return Gate(GateSettings(in_flight=1, waiting=waiting), lambda: Overloaded("full"))


async def test_in_turn() -> None:
    """Places go to who waits longest, also before one that comes just when a place is given."""
    made, entered = gate(), list[int]()

    async def enter(number: int) -> None:
        """Go in, and note it."""
        await made.enter()
        entered.append(number)

    await made.enter()
    tasks = [asyncio.create_task(enter(number)) for number in range(3)]
    await asyncio.sleep(0)
    made.leave()
    with pytest.raises(Overloaded):
        await made.enter(wait=False)
    await tasks[0]
    made.leave()
    await tasks[1]

    assert [0, 1] == entered
    made.leave()
    await tasks[2]


@pytest.mark.parametrize("given", ["before", "after"])
async def test_who_is_cancelled_takes_no_place(given: str) -> None:
    """A place that was given to one that goes is for the next, whichever happened first."""
    made = gate()
    await made.enter()
    first, second = (asyncio.create_task(made.enter()) for _ in range(2))
    await asyncio.sleep(0)
    if given == "before":
        made.leave()
        first.cancel()
    else:
        first.cancel()
        made.leave()
    await asyncio.wait_for(second, 10)

    assert first.cancelled()
    made.leave()
    await asyncio.wait_for(made.enter(wait=False), 10)


async def test_who_went_makes_room_in_the_queue() -> None:
    """The queue holds those who wait, and one more is refused."""
    made = gate(waiting=1)
    await made.enter()
    waiting = asyncio.create_task(made.enter())
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await made.enter()
    waiting.cancel()
    await asyncio.wait([waiting])
    another = asyncio.create_task(made.enter())
    await asyncio.sleep(0)
    made.leave()

    await asyncio.wait_for(another, 10)


async def test_more_may_come_in() -> None:
    """A gate that becomes wider lets those in who wait, the first ones first."""
    made = gate()
    await made.enter()
    waiting = [asyncio.create_task(made.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    made.resize(GateSettings(in_flight=2, waiting=3))
    await asyncio.wait_for(waiting[1], 10)

    assert not waiting[2].done()
    made.leave()
    await asyncio.wait_for(waiting[2], 10)


async def test_fewer_may_come_in() -> None:
    """One that becomes narrower lets nobody in until so many have left."""
    made = Gate(GateSettings(in_flight=3, waiting=3), lambda: Overloaded("full"))
    for _ in range(3):
        await made.enter()
    made.resize(GateSettings(in_flight=1, waiting=1))
    waiting = asyncio.create_task(made.enter())
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await made.enter()
    for _ in range(2):
        made.leave()
        await asyncio.sleep(0)
        assert not waiting.done()
    made.leave()
    await asyncio.wait_for(waiting, 10)

    with pytest.raises(Overloaded):
        await made.enter(wait=False)
    made.leave()
    await asyncio.wait_for(made.enter(wait=False), 10)
