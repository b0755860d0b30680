"""Identical calls under way: one run in a task of its own, which all of them follow."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from llmrpc.v1 import accounting_pb2
from llmrpc_server.cache.entry import Answer, told_again
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import ProviderError
from llmrpc_server.flight import Commit, Flight, detached


@dataclass(eq=False)
class Run:
    """One run of calls that are identical.

    Its attempts stand in the books of one of those who follow it: of the one that began it, and when that one leaves
    early, of the one that has followed it longest.

    Attributes:
        call: The call that is run; no RPC's.
        followers: Those who follow it now, the one who keeps the books first while they are open.
        served: The stored answer that made an attempt needless after all.
        closed: The one who keeps the books has heard the end.
    """

    call: Call
    flight: Flight = field(init=False)
    followers: list[Call] = field(default_factory=list)
    served: Answer | None = None
    closed: bool = False


Fly = Callable[[Run], Events]


class Sharing:
    """The runs under way."""

    def __init__(self) -> None:
        self._under_way: dict[str, Run] = {}

    async def follow(self, call: Call, identity: str, fly: Fly, *, fresh: bool = False) -> Events:
        """Yield the events of the run of this identity; begin it where there is none.

        Args:
            call: Who follows.
            identity: What calls have in common that may share a run.
            fly: Makes the run's events.
            fresh: Begin one in any case.
        """
        run = self._under_way.get(identity)
        if run is None or fresh or not run.flight.joinable:
            run = self._begin(call, identity, fly)
        else:
            call.cache.status = accounting_pb2.CACHE_STATUS_JOINED
            call.cache.origin_call_id = run.call.id
            if run.call.deadline is not None:
                run.call.deadline = None if call.deadline is None else max(run.call.deadline, call.deadline)
        try:
            async with aclosing(_follow(run, call)) as events:
                async for event in events:
                    yield event
        except ProviderError:
            if call.streaming or not run.call.streaming or not run.call.output_sent or call.attempts:
                raise
            # A stream that broke off is over for those who saw its beginning; this caller saw nothing yet.
            call.cache.status = accounting_pb2.CACHE_STATUS_MISS
            call.cache.origin_call_id = ""
            again = self._begin(call, identity, fly)
            async with aclosing(_follow(again, call)) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """End all runs; what is being stored gets stored."""
        for run in list(self._under_way.values()):
            await run.flight.give_up()

    def _begin(self, call: Call, identity: str, fly: Fly) -> Run:
        async def no_commit() -> None:
            """Stand in until the flight has one."""

        run = Run(detached(call, no_commit))

        def begin(commit: Commit) -> Events:
            run.call.commit = commit
            return fly(run)

        run.flight = Flight(begin)
        self._under_way[identity] = run
        run.flight.when_over(lambda: self._forget(identity, run))
        return run

    def _forget(self, identity: str, run: Run) -> None:
        if self._under_way.get(identity) is run:
            del self._under_way[identity]


async def _follow(run: Run, call: Call) -> Events:
    """Follow a run; what it does is on the follower's own books as far as they are the run's."""
    run.followers.append(call)
    _keep_books(run)
    left_early = True
    try:
        async with aclosing(run.flight.follow(call.commit, call.deadline)) as events:
            async for event in events:
                _note(run, call)
                if event.HasField("completed"):
                    left_early = False
                    call.warnings = [*call.warnings, *run.call.warnings]
                    if call.streaming and not run.call.streaming:
                        for part in told_again(event.completed):
                            yield part
                yield event
    except Exception:
        left_early = False
        _note(run, call)
        raise
    finally:
        run.followers.remove(call)
        if call.attempts is run.call.attempts and not run.closed:
            run.closed = not left_early or not run.followers
            if not run.closed:
                call.attempts = []
                _keep_books(run)


def _keep_books(run: Run) -> None:
    """Put the run's attempts into the books of who follows it longest."""
    if not run.closed:
        run.followers[0].attempts = run.call.attempts


def _note(run: Run, call: Call) -> None:
    """Tell a follower what the run knows by now."""
    made = run.call
    if run.served is not None:
        key = call.cache.key
        call.cache = run.served.info
        call.cache.key = key
        call.answered_by, call.saved = run.served.target, run.served.cost
        return
    if made.attempts and call.attempts is not made.attempts:
        call.answered_by = made.attempt.target
        call.saved = made.attempt.cost if made.attempt.HasField("cost") else None
    call.first_output = None if made.first_output is None else max(made.first_output, call.started)
    call.output_sent = call.output_sent or (call.streaming and made.output_sent)
