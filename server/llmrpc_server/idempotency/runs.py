"""Calls with a request_id: each runs once, in a task of its own, and all its repeats hear the same.

What is under way in this process is joined. What another process runs is waited for. What has ended is replayed. A
call that ends before any provider was asked leaves nothing behind: its repeat runs.
"""

import asyncio
import hashlib
import random
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from llmrpc.v1 import completion_pb2
from llmrpc_server.cache.cache import Cache
from llmrpc_server.cache.entry import replayed
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.config.idempotency import IdempotencySettings
from llmrpc_server.database import Database
from llmrpc_server.errors import InvalidRequest, RequestIdConflict, RequestIdReused, Violation
from llmrpc_server.flight import Commit, Flight, detached
from llmrpc_server.idempotency import outcome
from llmrpc_server.idempotency.claims import Claims
from llmrpc_server.idempotency.outcome import Outcome
from llmrpc_server.idempotency.outcome_store import OutcomeStore
from llmrpc_server.idempotency.rows import Id, State

Proceed = Callable[[Call], Events]

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.05, 0.5


@dataclass(eq=False)
class Run:
    """One request under way in this process.

    Attributes:
        call: The call that is run; no RPC's.
        outcome: Once there is one: all who ask get the same, to the books.
    """

    of: Id
    fingerprint: str
    call: Call
    flight: Flight = field(init=False)
    outcome: Outcome | None = None


class Runs:
    """The requests under way in this process.

    Args:
        settings: How long requests are known.
        database: Tells whose a request is.
        cache: Has the memcached servers that keep outcomes for all processes.
    """

    def __init__(self, settings: IdempotencySettings, database: Database, cache: Cache) -> None:
        self._claims = Claims(database, remember=settings.remember.total_seconds())
        self._outcomes = OutcomeStore(settings, cache.memcached, cache.settings.namespace)
        self._linger = settings.linger.total_seconds()
        self._under_way: dict[Id, Run] = {}

    async def follow(self, call: Call, proceed: Proceed) -> Events:
        """Yield the events of the request's one run.

        Raises:
            RequestIdReused: The id was another request's.
            RequestIdConflict: The outcome of the first call is not there any more.
        """
        of, fingerprint = Id(call.principal.tenant, call.request.request_id), fingerprint_of(call.plan.asked)
        run = self._under_way.get(of)
        first = run is None or not run.flight.joinable
        if run is None or first:
            run = self._begin(of, fingerprint, call, proceed)
        elif run.fingerprint != fingerprint:
            raise _reused()
        elif run.call.deadline is not None:
            run.call.deadline = None if call.deadline is None else max(run.call.deadline, call.deadline)
        if first:
            # For a caller who leaves before the first event.
            call.attempts = run.call.attempts
        async with aclosing(run.flight.follow(call.commit, call.deadline)) as events:
            try:
                async for event in events:
                    _note(run, call, first=first)
                    if event.HasField("completed") and call.streaming and not run.call.streaming:
                        for part in replayed(event.completed):
                            yield part
                    yield event
            except Exception:
                _note(run, call, first=first)
                raise

    def start(self) -> None:
        """Keep the book up to date in the background, until `close`."""
        self._claims.start()

    async def close(self) -> None:
        """End all runs, and write down how."""
        for run in list(self._under_way.values()):
            await run.flight.give_up()
        await self._claims.close()
        await self._outcomes.close()

    def _begin(self, of: Id, fingerprint: str, call: Call, proceed: Proceed) -> Run:
        async def no_commit() -> None:
            """Stand in until the flight has one."""

        run = Run(of, fingerprint, detached(call, no_commit))

        def fly(commit: Commit) -> Events:
            run.call.commit = commit
            return self._run(run, proceed)

        run.flight = Flight(fly, linger=self._linger)
        self._under_way[of] = run
        run.flight.when_over(lambda: self._forget(run))
        return run

    def _forget(self, run: Run) -> None:
        run.flight.forget()
        if self._under_way.get(run.of) is run:
            del self._under_way[run.of]

    async def _run(self, run: Run, proceed: Proceed) -> Events:
        run.outcome = await self._elsewhere(run)
        if run.outcome is None:
            async with aclosing(self._here(run, proceed)) as events:
                async for event in events:
                    yield event
            return
        answer = run.outcome.answer()
        if run.call.streaming:
            for event in replayed(answer):
                yield event
        yield Event(completed=answer)

    async def _elsewhere(self, run: Run) -> Outcome | None:
        """Return the outcome of the first call, perhaps after waiting for it; None where this is the first."""
        wait = _FIRST_WAIT_SECONDS
        row = await self._claims.claim(run.of, run.fingerprint, run.call.id)
        while row is not None:
            if row.fingerprint != run.fingerprint:
                raise _reused()
            # The outcome is kept before the book says that it has ended: one that is not here now will not come.
            if (found := await self._outcomes.find(run.of)) is not None:
                return found
            if row.state is not State.RUNNING or not row.alive:
                raise RequestIdConflict(row.call_id)
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - so that not all ask at once
            wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)
            row = await self._claims.read(run.of) or await self._claims.claim(run.of, run.fingerprint, run.call.id)
        return None

    async def _here(self, run: Run, proceed: Proceed) -> Events:
        try:
            async with aclosing(proceed(run.call)) as events:
                async for event in events:
                    if event.HasField("completed"):
                        run.outcome = outcome.answered(run.call, run.fingerprint, event.completed)
                    yield event
        except Exception as error:
            if run.call.attempts:
                run.outcome = outcome.failed(run.call, run.fingerprint, error)
            raise
        finally:
            await self._end(run)

    async def _end(self, run: Run) -> None:
        if run.outcome is not None:
            await self._outcomes.keep(run.of, run.outcome)
            self._claims.ended(run.of, run.call.id, State.ENDED)
        elif run.call.attempts:
            self._claims.ended(run.of, run.call.id, State.GIVEN_UP)
        else:
            # At once: the repeat of what failed so early is on its way.
            await self._claims.forget(run.of, run.call.id)


def fingerprint_of(request: completion_pb2.CompleteRequest) -> str:
    """Return a hash over all of a request but its id."""
    whole = completion_pb2.CompleteRequest()
    whole.CopyFrom(request)
    whole.ClearField("request_id")
    return hashlib.blake2b(whole.SerializeToString(deterministic=True), digest_size=16).hexdigest()


def _note(run: Run, call: Call, *, first: bool) -> None:
    """Tell a follower what the run knows by now; the attempts are in the first one's books alone."""
    made = run.call
    call.cache, call.answered_by, call.saved = made.cache, made.answered_by, made.saved
    call.first_output = None if made.first_output is None else max(made.first_output, call.started)
    call.output_sent = call.streaming and made.output_sent
    if run.outcome is not None:
        call.replayed = run.outcome.books()
        call.replayed.replayed = call.replayed.call_id != call.id
    call.warnings = made.warnings
    if first:
        call.attempts = made.attempts


def _reused() -> InvalidRequest:
    return RequestIdReused.of(Violation("request_id", "was used for another request: use a new one"))
