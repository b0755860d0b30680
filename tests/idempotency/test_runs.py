"""A repeated request_id: one run, and the same outcome for everybody who asked."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2

from auth.book import Book
from details import detail, drained, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, bearer, channel_to, faulty, request, running
from idempotency.told import books, outcome
from llmrpc.v1 import completion_pb2, completion_pb2_grpc

OK = grpc.StatusCode.OK


async def _stream(gateway: Gateway, asked: completion_pb2.CompleteRequest, **options: Any) -> bytes:
    events: list[completion_pb2.StreamCompleteResponse] = []
    await drained(gateway.completion.StreamComplete(asked, **options), events)
    assert list(range(1, len(events) + 1)) == [event.sequence for event in events]
    said = "".join(event.part_delta.text for event in events)
    assert said == "".join(part.text for part in events[-1].completed.message.parts)
    return outcome(events[-1].completed)


@pytest.mark.parametrize("streamed", [False, True])
async def test_after_it_ended(faults: ThreadedFaultProvider, *, streamed: bool) -> None:
    """A repeat after the end gets the first call's outcome, books included, whole or streamed."""
    asked = request(request_id="r-1")
    async with running(faulty(faults)) as gateway:
        first = await _stream(gateway, asked) if streamed else outcome(await gateway.completion.Complete(asked))
        again = [outcome(await gateway.completion.Complete(asked)), await _stream(gateway, asked)]

    assert [first, first] == again
    assert 1 == len(faults.attempts)


async def test_a_repeat_says_so(faults: ThreadedFaultProvider) -> None:
    """The books of an earlier call are marked, whether it ended well or not; its own caller's are not."""
    async with running(faulty(faults)) as gateway:
        answers = [await gateway.completion.Complete(request(request_id="r-1")) for _ in range(2)]
        asked = request("openai/status=400", request_id="r-2")
        failures = [await failure_of(gateway.completion.Complete(asked)) for _ in range(2)]

    assert [False, True] == [answer.accounting.replayed for answer in answers]
    assert [False, True] == [detail(one, completion_pb2.CompletionFailure).accounting.replayed for one in failures]


@pytest.mark.parametrize("streamed", [False, True])
async def test_while_it_runs(faults: ThreadedFaultProvider, *, streamed: bool) -> None:
    """Repeats of a call under way join it, whole and streamed, and all hear the same."""
    asked = request("openai/slow-tokens=20ms", request_id="r-1")
    async with running(faulty(faults)) as gateway:

        async def ask(*, stream: bool) -> bytes:
            """Ask, and return the outcome."""
            return await _stream(gateway, asked) if stream else outcome(await gateway.completion.Complete(asked))

        first = asyncio.create_task(ask(stream=streamed))
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        found = await asyncio.gather(first, ask(stream=False), ask(stream=True), ask(stream=False))

    assert 1 == len({completion_pb2.CompleteResponse.FromString(one).accounting.call_id for one in found})
    assert 1 == len({completion_pb2.CompleteResponse.FromString(one).message.SerializeToString() for one in found})
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize("streamed", [False, True])
async def test_after_the_connection_broke(faults: ThreadedFaultProvider, *, streamed: bool) -> None:
    """A call whose caller's connection breaks in the middle goes on; the repeat joins it and gets all of it."""
    asked = request("openai/slow-tokens=50ms", request_id="r-1")
    async with running(faulty(faults)) as gateway:
        async with channel_to(gateway.address) as channel:
            stub = completion_pb2_grpc.CompletionServiceStub(channel)
            lost: Any = stub.StreamComplete(asked) if streamed else stub.Complete(asked)
            if streamed:
                await lost.read()
            await faults.wait_until(lambda attempts: len(attempts) == 1)
        joined = [outcome(await gateway.completion.Complete(asked)), await _stream(gateway, asked)]

    assert joined[0] == joined[1]
    assert 1 == len(faults.attempts)


async def test_it_lingers_no_longer_than_told(faults: ThreadedFaultProvider) -> None:
    """A call that nobody comes back to is given up after `linger`; its repeat is ABORTED, with the first call's id."""
    asked = request("openai/silent", request_id="r-1")
    async with running({**faulty(faults), "idempotency": {"linger": "200ms"}}) as gateway:
        call = gateway.completion.StreamComplete(asked)
        first_call = dict(iter(await call.initial_metadata()))["llmrpc-call-id"]
        call.cancel()
        await faults.wait_until(lambda attempts: [attempt.outcome for attempt in attempts] == ["client_gone"])
        error = await failure_of(gateway.completion.Complete(asked))

    info = detail(error, error_details_pb2.ErrorInfo)
    assert ("REQUEST_ID_CONFLICT", first_call) == (info.reason, info.metadata["first_call_id"])
    assert 1 == len(faults.attempts)


async def test_a_failure_is_an_outcome(faults: ThreadedFaultProvider) -> None:
    """What a provider refused is told again, code, reason, words and books alike, without asking it again."""
    asked = request("openai/status=400", request_id="r-1")
    async with running(faulty(faults)) as gateway:
        first = await failure_of(gateway.completion.Complete(asked))
        for again in (gateway.completion.Complete(asked), gateway.completion.StreamComplete(asked)):
            error = await failure_of(again)
            assert (first.code(), first.details()) == (error.code(), error.details())
            told = [books(detail(one, completion_pb2.CompletionFailure).accounting) for one in (first, error)]
            assert told[0] == told[1]

    assert 1 == len(faults.attempts)


async def test_what_asked_nobody_may_run(faults: ThreadedFaultProvider) -> None:
    """A call that was refused before any provider was asked leaves its request_id free."""
    limits = {"server": {"in_flight": 1, "waiting": 0}}
    asked = request(request_id="r-1")
    async with running({**faulty(faults), "limits": limits}) as gateway:
        busy = gateway.completion.Complete(request("openai/silent"))
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        refused = await failure_of(gateway.completion.Complete(asked))
        busy.cancel()
        while await gateway.completion.Complete(asked).code() is not OK:
            await asyncio.sleep(0.01)

    assert grpc.StatusCode.RESOURCE_EXHAUSTED == refused.code()
    assert 2 == len(faults.attempts)


async def test_another_request_is_refused(faults: ThreadedFaultProvider) -> None:
    """The same id with another request is INVALID_ARGUMENT and names the field, while the first runs and after it."""
    async with running(faulty(faults)) as gateway:
        first = asyncio.ensure_future(
            gateway.completion.Complete(request("openai/slow-headers=300ms", request_id="r-1")).code()
        )
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        other = request("openai/slow-headers=300ms", "Something else?", request_id="r-1")
        errors = [await failure_of(gateway.completion.Complete(other))]
        assert OK is await first
        errors.append(await failure_of(gateway.completion.Complete(other)))

    for error in errors:
        assert grpc.StatusCode.INVALID_ARGUMENT == error.code()
        assert "REQUEST_ID_CONFLICT" == detail(error, error_details_pb2.ErrorInfo).reason
        assert "request_id" == detail(error, error_details_pb2.BadRequest).field_violations[0].field
    assert 1 == len(faults.attempts)


async def test_tenants_do_not_share_ids(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Another tenant's same id is another request."""
    book = Book(tmp_path)
    keys = [book.key(tenant="one"), book.key(tenant="two")]
    asked = request(request_id="r-1")
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        found = [
            (await gateway.completion.Complete(asked, metadata=bearer(key))).accounting.call_id
            for key in (*keys, *keys)
        ]

    assert found[:2] == found[2:]
    assert found[0] != found[1]
    assert 2 == len(faults.attempts)


async def test_an_outcome_that_is_gone(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """After a restart the outcome is gone, the book is not: ABORTED, and never a second spend."""
    asked = request(request_id="r-1")
    config = {**faulty(faults), "ledger": {"url": f"sqlite:///{tmp_path}/llmrpc.db"}}
    async with running(config) as gateway:
        first = await gateway.completion.Complete(asked)
    async with running(config) as gateway:
        errors = [
            await failure_of(gateway.completion.Complete(asked)),
            await failure_of(gateway.completion.StreamComplete(asked)),
        ]

    for error in errors:
        assert grpc.StatusCode.ABORTED == error.code()
        assert first.accounting.call_id == detail(error, error_details_pb2.ErrorInfo).metadata["first_call_id"]
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize(
    ("age", "seen", "code"), [(600, 60, grpc.StatusCode.ABORTED), (90_000, 90_000, grpc.StatusCode.OK)]
)
async def test_a_process_that_died(
    faults: ThreadedFaultProvider, tmp_path: Path, age: float, seen: float, code: grpc.StatusCode
) -> None:
    """What a dead process ran has no outcome; what is older than `remember` is forgotten, and its id is new."""
    asked = request(request_id="r-1")
    config = {**faulty(faults), "ledger": {"url": f"sqlite:///{tmp_path}/llmrpc.db"}}
    async with running(config) as gateway:
        await gateway.completion.Complete(asked)
    with sqlite3.connect(tmp_path / "llmrpc.db") as connection:
        now = time.time()
        connection.execute("UPDATE requests SET state = 'running', started = ?, seen = ?", (now - age, now - seen))
    connection.close()
    async with running(config) as gateway:
        assert code is await gateway.completion.Complete(asked).code()


async def test_a_slow_repeat_has_its_own_deadline(faults: ThreadedFaultProvider) -> None:
    """A repeat with a short deadline ends at it; the first call goes on."""
    asked = request("openai/slow-headers=3s", request_id="r-1")
    async with running(faulty(faults)) as gateway:
        first = gateway.completion.Complete(asked)
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        late = await failure_of(gateway.completion.Complete(asked, timeout=1.5))
        assert OK is await first.code()

    assert grpc.StatusCode.DEADLINE_EXCEEDED == late.code()
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize("cached", [False, True])
async def test_the_attempt_is_in_the_first_calls_books(faults: ThreadedFaultProvider, *, cached: bool) -> None:
    """The log tells of the attempt on the first call's line and on no repeat's, also with the cache between."""
    asked = request(request_id="r-1", cache={"mode": completion_pb2.CACHE_MODE_USE} if cached else None)
    async with running(faulty(faults)) as gateway:
        with structlog.testing.capture_logs() as lines:
            for _ in range(2):
                await gateway.completion.Complete(asked)

    assert [1, None] == [line.get("attempts") for line in lines if line["event"] == "rpc"]
