"""Identical calls under way: one run in a task of its own, which all of them follow."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from llmrpc.v1 import accounting_pb2
from llmrpc_server.cache.entry import Answer, replayed
from llmrpc_server.call import Call, Events
from llmrpc_server.errors import (
    BudgetExceeded,
    CallError,
    DeadlineExceeded,
    Internal,
    NoTargetAvailable,
    Overloaded,
    ProviderError,
    ShuttingDown,
    StoreUnavailable,
)
from llmrpc_server.flight import Commit, Flight, detached

HandOver = Callable[[str, Call], None]
"""Takes the id of the call that kept the books of a run, and the call that keeps them from now on."""


@dataclass(eq=False)
class Run:
    """One run of calls that are identical.

    Its attempts stand in the books of one of those who follow it: of the one that began it, and when that one leaves
    early, of the one that has followed it longest.

    Attributes:
        call: The call that is run; no RPC's. Its id is that of the call whose books its attempts stand in.
        hand_over: Told when the books pass from one follower to the next.
        followers: Those who follow it now, the one who keeps the books first while they are open.
        served: The stored answer that made an attempt needless after all.
        stored: Its own answer is where all processes look for it.
        overtaken: A fresh answer was asked for since it began: its own is not to be kept in that one's place.
        closed: The books are closed: the one who keeps them has heard the end, or nobody is left.
    """

    call: Call
    hand_over: HandOver
    flight: Flight = field(init=False)
    followers: list[Call] = field(default_factory=list)
    served: Answer | None = None
    stored: bool = False
    overtaken: bool = False
    closed: bool = False


# Failures, beside those of providers, that all would have met.
_EVERYBODYS = (DeadlineExceeded, Internal, NoTargetAvailable, Overloaded, ShuttingDown, StoreUnavailable)

Fly = Callable[[Run], Events]


class SingleFlight:
    """The runs under way.

    Attributes:
        listeners: Told when the books of a run pass from one call to another.
    """

    def __init__(self) -> None:
        self.listeners: list[HandOver] = []
        self._runs: set[Run] = set()
        # By what calls have in common; of several runs the latest.
        self._under_way: dict[str, Run] = {}

    async def follow(self, call: Call, identity: str, fly: Fly, *, fresh: bool = False) -> Events:
        """Yield the events of the run of this identity; begin it where there is none.

        Args:
            call: Who follows.
            identity: What calls have in common that may share a run.
            fly: Makes the run's events.
            fresh: Begin one in any case.
        """
        while True:
            run = self._join(call, identity, fly, fresh=fresh)
            try:
                async with aclosing(_follow(run, call)) as events:
                    async for event in events:
                        yield event
            except CallError as error:
                if not _is_anothers(error, run, call):
                    raise
                # One of those who heard it begins the next run; the others join that.
                fresh = False
            else:
                return

    async def close(self) -> None:
        """End all runs; what is being stored gets stored."""
        for run in list(self._runs):
            await run.flight.give_up()

    def _join(self, call: Call, identity: str, fly: Fly, *, fresh: bool) -> Run:
        run = self._under_way.get(identity)
        if run is None or fresh or not run.flight.joinable:
            if call.cache.status == accounting_pb2.CACHE_STATUS_JOINED:
                call.cache.status = accounting_pb2.CACHE_STATUS_MISS
                call.cache.origin_call_id = ""
            if run is not None:
                run.overtaken = True
            return self._begin(call, identity, fly)
        call.cache.status = accounting_pb2.CACHE_STATUS_JOINED
        call.cache.origin_call_id = run.call.id
        if run.call.deadline is not None:
            run.call.deadline = None if call.deadline is None else max(run.call.deadline, call.deadline)
        return run

    def _begin(self, call: Call, identity: str, fly: Fly) -> Run:
        async def no_commit() -> None:
            """Stand in until the flight has one."""

        run = Run(detached(call, no_commit), self._handed_over)

        def begin(commit: Commit) -> Events:
            run.call.commit = commit
            return fly(run)

        run.flight = Flight(begin)
        self._runs.add(run)
        self._under_way[identity] = run
        run.flight.when_over(lambda: self._forget(identity, run))
        return run

    def _handed_over(self, left: str, call: Call) -> None:
        for listener in self.listeners:
            listener(left, call)

    def _forget(self, identity: str, run: Run) -> None:
        run.flight.forget()
        self._runs.discard(run)
        if self._under_way.get(identity) is run:
            del self._under_way[identity]


async def _follow(run: Run, call: Call) -> Events:
    """Follow a run; what it does is on the follower's own books as far as they are the run's."""
    run.followers.append(call)
    _keep_books(run)
    try:
        async with aclosing(run.flight.follow(call.commit, call.deadline)) as events:
            async for event in events:
                _note(run, call)
                if event.HasField("completed"):
                    call.warnings = [*call.warnings, *run.call.warnings]
                    # From here on its books are closed: nothing more can be put into them.
                    _leave(run, call)
                    if call.streaming and not run.call.streaming:
                        for part in replayed(event.completed):
                            yield part
                yield event
    except CallError as error:
        _note(run, call)
        if isinstance(error, BudgetExceeded) and error.whose != call.id:
            raise BudgetExceeded(
                "a call that shares this one's run met a budget of its own", whose=error.whose
            ) from None
        raise
    finally:
        if call in run.followers:
            _leave(run, call)


def _is_anothers(error: CallError, run: Run, call: Call) -> bool:
    """Return whether a failure is no reason for this follower to fail, who has shown its caller nothing yet.

    A stream that broke off is over for those who saw its beginning, not for one who waits for a whole answer. And what
    the one who keeps the books may not do, because of a budget of its own, others may.
    """
    if call.attempts or call.output_sent:
        return False
    if isinstance(error, ProviderError):
        return not call.streaming and run.call.output_sent
    return call.cache.origin_call_id != "" and not isinstance(error, _EVERYBODYS)


def _keep_books(run: Run) -> None:
    """Put the run's attempts into the books of who follows it longest; what follows is reserved in those as well."""
    if not run.closed:
        owner = run.followers[0]
        owner.attempts = run.call.attempts
        run.call.id = owner.id


def _leave(run: Run, call: Call) -> None:
    """Stop following: who keeps the books hands them on while the run goes on for others, and else closes them."""
    run.followers.remove(call)
    if call.attempts is run.call.attempts and not run.closed:
        run.closed = not run.followers or not run.flight.under_way
        if not run.closed:
            call.attempts = []
            _keep_books(run)
            run.hand_over(call.id, run.followers[0])


def _note(run: Run, call: Call) -> None:
    """Give a follower what the run knows by now."""
    made = run.call
    if run.served is not None:
        key = call.cache.key
        call.cache = run.served.info
        call.cache.key = key
        call.answered_by, call.saved = run.served.target, run.served.cost
        return
    if made.attempts and call.attempts is not made.attempts:
        call.cache.origin_call_id = made.id
        call.answered_by = made.attempt.target
        call.saved = made.attempt.cost if made.attempt.HasField("cost") else None
    elif call.attempts is made.attempts:
        call.answered_by = call.saved = None
    call.first_output = None if made.first_output is None else max(made.first_output, call.started)
    call.output_sent = call.output_sent or (call.streaming and made.output_sent)
