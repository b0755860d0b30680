"""A call under way that several callers follow."""

import asyncio
import contextlib
import contextvars
import random
from contextlib import aclosing

import pytest
import structlog

from llmrpc.v1 import completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import DeadlineExceeded, Internal, ProviderOverloaded
from llmrpc_server.flight import Commit, Flight, detached
from server.flights import COMPLETED, WHOLE, Source, heard, nothing, settled


async def test_everybody_hears_everything(source: Source) -> None:
    """Whoever follows, early, in the middle or after the end, hears all events from the first."""
    flight = Flight(source)
    early = asyncio.create_task(heard(flight))
    source.release(2)
    await settled()
    middle = asyncio.create_task(heard(flight))
    source.release(2)
    late = [await early, await middle]
    source.afterwards.set()
    await source.closed.wait()

    assert [WHOLE, WHOLE] == late
    assert WHOLE == await heard(flight)


async def test_what_is_forgotten_goes_with_its_last_follower(source: Source) -> None:
    """Of a run that nobody else will follow a follower still hears all; then nothing of what was said is kept."""
    flight = Flight(source)
    source.release()
    async with aclosing(flight.follow(nothing)) as slow:
        first = await anext(slow)
        source.afterwards.set()
        await source.closed.wait()
        flight.forget()
        rest = [event async for event in slow]

    assert WHOLE == [first, *rest]
    assert not flight._said


async def test_events_are_the_followers_own(source: Source) -> None:
    """What one follower writes into an event, no other sees."""
    flight = Flight(source)
    source.release()
    for event in await heard(flight):
        event.sequence = 7

    assert [0, 0, 0, 0] == [event.sequence for event in await heard(flight)]
    source.afterwards.set()


async def test_the_first_may_leave(source: Source) -> None:
    """The one who began it leaves in the middle; the others hear all of it."""
    flight = Flight(source)
    first, second = asyncio.create_task(heard(flight)), asyncio.create_task(heard(flight))
    source.release(1)
    await settled()
    first.cancel()
    source.release(3)

    assert WHOLE == await second
    assert first.cancelled()
    source.afterwards.set()


async def test_the_last_takes_it_down(source: Source) -> None:
    """When the last follower has left the run is closed, before the leaving is done, and nobody can join it."""
    flight = Flight(source)
    followers = [asyncio.create_task(heard(flight)) for _ in range(3)]
    source.release(1)
    await settled()
    for follower in followers[:2]:
        follower.cancel()
    await settled()
    assert (False, True) == (source.closed.is_set(), flight.joinable)
    followers[2].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await followers[2]

    assert (True, False) == (source.closed.is_set(), flight.joinable)


async def test_errors_reach_everybody(source: Source) -> None:
    """What the run fails with is raised for each follower, after the events before it, also for one who comes later."""
    source.error = ProviderOverloaded("busy")
    flight = Flight(source)
    followers = [asyncio.create_task(heard(flight)) for _ in range(3)]
    source.release(1)
    results = await asyncio.gather(*followers, return_exceptions=True)
    with pytest.raises(ProviderOverloaded):
        await heard(flight)

    assert [source.error] * 3 == results
    assert not flight.joinable


async def test_a_stray_cancellation_leaves_nobody_waiting(source: Source) -> None:
    """A CancelledError out of the run itself is an error of ours for its followers, not a cancellation of theirs."""
    source.error = asyncio.CancelledError()
    flight = Flight(source)
    source.release(1)

    with pytest.raises(Internal):
        await heard(flight)


async def test_an_error_that_nobody_hears_is_logged(source: Source) -> None:
    """A fault of ours in a flight without followers stands in the log."""
    source.error = ValueError("oops")
    with structlog.testing.capture_logs() as logs:
        Flight(source)
        source.release(1)
        await source.closed.wait()
        await settled()

    assert ["unexpected error in a call that nobody follows"] == [line["event"] for line in logs]


async def test_deadlines_are_the_followers_own(source: Source) -> None:
    """One follower's deadline ends its waiting alone."""
    flight = Flight(source)
    patient = asyncio.create_task(heard(flight))
    await settled()
    with pytest.raises(DeadlineExceeded):
        await heard(flight, asyncio.get_running_loop().time() + 0.01)
    source.release()

    assert WHOLE == await patient
    source.afterwards.set()


async def test_every_follower_commits_itself(source: Source) -> None:
    """Each follower's commit is awaited once, in its own task, before it hears the first event."""
    flight = Flight(source)
    source.release()
    steps: list[tuple[str, object]] = []

    async def commit() -> None:
        """Note it."""
        steps.append(("commit", asyncio.current_task()))

    async def follow() -> None:
        """Note each event."""
        async with aclosing(flight.follow(commit)) as events:
            async for event in events:
                steps.append((event.WhichOneof("event") or "", asyncio.current_task()))
                if event.HasField("completed"):
                    break

    one, two = asyncio.create_task(follow()), asyncio.create_task(follow())
    await asyncio.gather(one, two)
    source.afterwards.set()

    for task in (one, two):
        own = [name for name, of in steps if of is task]
        assert ["commit", "part_delta", "part_delta", "part_delta", "completed"] == own


async def test_nothing_of_the_beginner_is_seen() -> None:
    """The run does not see the context in which it was begun."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("of the RPC")
    seen: list[str] = []

    async def fly(_commit: Commit) -> Events:
        """Look at the context."""
        seen.append(variable.get("nothing"))
        yield COMPLETED

    await heard(Flight(fly))

    assert ["nothing"] == seen


async def test_what_follows_the_answer_gets_done(source: Source) -> None:
    """A flight whose answer is whole is not taken down by the last follower's leaving, nor by giving it up."""
    flight = Flight(source)
    over = asyncio.Event()
    flight.when_over(over.set)
    source.release()
    await heard(flight)
    giving_up = asyncio.create_task(flight.give_up())
    await settled()
    assert not source.closed.is_set()
    source.afterwards.set()
    await giving_up
    await over.wait()

    assert source.done


async def test_given_up(source: Source) -> None:
    """Giving up a flight closes the run; those who follow it get an error."""
    flight = Flight(source)
    follower = asyncio.create_task(heard(flight))
    await settled()
    await flight.give_up()

    assert source.closed.is_set()
    with pytest.raises(Internal):
        await follower


async def test_given_up_before_it_began(source: Source) -> None:
    """A flight that is given up before its first step leaves nobody waiting."""
    flight = Flight(source)
    await flight.give_up()

    with pytest.raises(Internal):
        await heard(flight)


async def test_random_leavings() -> None:
    """However the followers come and leave, whoever stays hears everything, and no task is left behind."""
    rng = random.Random(7)
    before = len(asyncio.all_tasks())
    for _ in range(300):
        source = Source()
        source.afterwards.set()
        flight = Flight(source)
        stays = [rng.random() < 0.5 for _ in range(rng.randint(1, 5))]
        followers = []
        for _stay in stays:
            followers.append(asyncio.create_task(heard(flight)))
            source.release(rng.randint(0, 1))
            for _ in range(rng.randint(0, 2)):
                await asyncio.sleep(0)
        for stay, follower in zip(stays, followers, strict=True):
            if not stay:
                follower.cancel()
                for _ in range(rng.randint(0, 2)):
                    await asyncio.sleep(0)
        source.release()
        results = await asyncio.gather(*followers, return_exceptions=True)
        await flight.give_up()
        for stay, result in zip(stays, results, strict=True):
            assert WHOLE == result or (not stay and isinstance(result, asyncio.CancelledError))
    await settled()

    assert before == len(asyncio.all_tasks())


async def test_detached() -> None:
    """A detached call is the same call with books and a commit of its own."""
    request = completion_pb2.CompleteRequest(model="fast")
    call = Call("1", request, streaming=True, principal=Principal(), commit=nothing, deadline=5.0)

    async def commit() -> None:
        """Commit to nothing else."""

    apart = detached(call, commit)
    apart.warn("SOMETHING", "of the run")
    apart.attempts.append(completion_pb2.CompleteResponse().accounting.attempts.add())

    assert ("1", request, 5.0, commit) == (apart.id, apart.request, apart.deadline, apart.commit)
    assert ([], [], nothing) == (call.attempts, call.warnings, call.commit)
