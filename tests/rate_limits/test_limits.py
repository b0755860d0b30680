"""Rates and calls at the same time: exact at the bound, told by name, and what a call really took counts."""

import asyncio
from collections import Counter
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from auth.book import Book
from details import detail, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, bearer, faulty, request, running
from rate_limits.asking import EXHAUSTED, OK, refused

# What the fault provider says that it took for the usual question, and what the server guesses of its input.
USED, GUESSED = 25, 10


@pytest.fixture
def book(tmp_path: Any) -> Book:
    """Make a file of keys."""
    return Book(tmp_path)


def limited(faults: ThreadedFaultProvider, *rates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Write a configuration with limits."""
    return {**faulty(faults, fast=["openai/gpt-4o-mini"]), "limits": {"rates": list(rates)}, **fields}


async def codes(gateway: Gateway, calls: int, model: str = "", **options: Any) -> Counter[grpc.StatusCode]:
    """Make calls at the same time; count their outcomes."""
    made = [gateway.completion.Complete(request(model), **options) for _ in range(calls)]
    return Counter([await call.code() for call in made])


async def test_requests_are_exact(faults: ThreadedFaultProvider) -> None:
    """Of 500 calls at once exactly so many run as the limit says, and the others cost no provider call."""
    async with running(limited(faults, {"requests_per_minute": 100})) as gateway:
        found = await codes(gateway, 500)

    assert {OK: 100, EXHAUSTED: 400} == found
    assert 100 == len(faults.attempts)


async def test_calls_at_the_same_time_are_exact(faults: ThreadedFaultProvider) -> None:
    """Of 500 calls that do not end exactly so many are let in as the limit says; ended ones make room."""
    async with running(limited(faults, {"in_flight": 20})) as gateway:
        calls = [gateway.completion.Complete(request("openai/silent")) for _ in range(500)]
        await refused(calls, 480)
        await faults.wait_until(lambda attempts: len(attempts) == 20)
        for call in calls:
            call.cancel()
        while await gateway.completion.Complete(request()).code() != OK:
            await asyncio.sleep(0.01)


async def test_tokens_are_exact(faults: ThreadedFaultProvider) -> None:
    """Calls under way hold what they may take at most; exactly so many run as fit."""
    question = request("openai/silent", config={"max_output_tokens": 91})
    async with running(limited(faults, {"tokens_per_minute": 10 * (GUESSED + 91) + 99})) as gateway:
        calls = [gateway.completion.Complete(question) for _ in range(60)]
        await refused(calls, 50)
        for call in calls:
            call.cancel()

    assert 10 == len(faults.attempts)


async def test_less_than_guessed_makes_room(faults: ThreadedFaultProvider) -> None:
    """What a call held and did not take is there for the next."""
    question = request(config={"max_output_tokens": 200})
    async with running(limited(faults, {"tokens_per_minute": 3 * USED + GUESSED + 200})) as gateway:
        found = [await gateway.completion.Complete(question).code() for _ in range(5)]

    assert [OK, OK, OK, OK, EXHAUSTED] == found


async def test_more_than_guessed_is_counted(faults: ThreadedFaultProvider) -> None:
    """What a call took beyond the guess is missing for the next."""
    async with running(limited(faults, {"tokens_per_minute": 2 * USED + GUESSED - 1})) as gateway:
        found = [await gateway.completion.Complete(request()).code() for _ in range(3)]

    assert [OK, OK, EXHAUSTED] == found


@pytest.mark.parametrize("model", ["openai/silent", "openai/stall@5"])
async def test_what_broke_off_keeps_its_guess(faults: ThreadedFaultProvider, model: str) -> None:
    """What a provider wrote for a call whose time was up nobody knows: all that it may have is gone."""
    question = request(model, config={"max_output_tokens": 200})
    async with running(limited(faults, {"tokens_per_minute": 2 * (GUESSED + 200) - 1})) as gateway:
        late = await gateway.completion.StreamComplete(question, timeout=1).code()
        refused = await gateway.completion.Complete(question, timeout=5).code()

    assert [grpc.StatusCode.DEADLINE_EXCEEDED, EXHAUSTED] == [late, refused]


async def test_a_failed_call_takes_no_tokens(faults: ThreadedFaultProvider) -> None:
    """A call that no provider answered gives back what it held."""
    bad = request("openai/status=400", config={"max_output_tokens": 200})
    async with running(limited(faults, {"tokens_per_minute": GUESSED + 200})) as gateway:
        found = [await gateway.completion.Complete(bad).code() for _ in range(3)]

    assert [grpc.StatusCode.INVALID_ARGUMENT] * 3 == found


async def test_a_refusal_names_the_limit(faults: ThreadedFaultProvider) -> None:
    """RetryInfo tells when there is room, QuotaFailure whose limit and which; a stream is refused alike."""
    rate = {"by": ["tenant", "route"], "requests_per_minute": 1}
    async with running(limited(faults, rate)) as gateway:
        await gateway.completion.Complete(request())
        unary = await failure_of(gateway.completion.Complete(request()))
        stream = await failure_of(gateway.completion.StreamComplete(request()))

    for error in (unary, stream):
        assert "RATE_LIMITED" == detail(error, error_details_pb2.ErrorInfo).reason
        assert 1 <= detail(error, error_details_pb2.RetryInfo).retry_delay.seconds <= 60
        (violation,) = detail(error, error_details_pb2.QuotaFailure).violations
        assert "tenant:default,route:default" == violation.subject
        assert "requests_per_minute 1: reached" == violation.description


async def test_what_never_fits_is_told(faults: ThreadedFaultProvider) -> None:
    """A call larger than the limit is refused without a time to wait, and takes nothing."""
    async with running(limited(faults, {"requests_per_minute": 1, "tokens_per_minute": 100})) as gateway:
        huge = request(config={"max_output_tokens": 1000})
        error = await failure_of(gateway.completion.Complete(huge))
        fits = await gateway.completion.Complete(request()).code()

    assert "never fits" in detail(error, error_details_pb2.QuotaFailure).violations[0].description
    with pytest.raises(AssertionError, match="no RetryInfo"):
        detail(error, error_details_pb2.RetryInfo)
    assert OK == fits


@pytest.mark.parametrize(
    ("rate", "admitted"),
    [
        # Two tenants; the second has two keys, of which the last vouches for users.
        ({"by": "tenant"}, 2),
        ({"by": "key"}, 3),
        ({"by": ["tenant", "route"]}, 4),
        ({"by": "route"}, 2),
        ({"by": []}, 1),
        ({"by": "key", "of": {"tenant": "two", "route": "fast"}}, 10),
        # Two users whom the last key vouches for, on two routes; the other keys' eight calls do not count.
        ({"by": "user"}, 10),
    ],
)
async def test_whose_limit(faults: ThreadedFaultProvider, book: Book, rate: dict[str, Any], admitted: int) -> None:
    """Callers are counted apart by what the rule says; a user counts where the credential vouches for it."""
    keys = [book.key(tenant="one"), book.key(tenant="two"), book.key(tenant="two", names_users=True)]
    async with running(limited(faults, {**rate, "requests_per_minute": 1}, auth=book.section)) as gateway:
        found = [
            await gateway.completion.Complete(request(model, user=user), metadata=bearer(key)).code()
            for key in keys
            for model in ("default", "fast")
            for user in ("ann", "bob")
        ]

    assert {OK, EXHAUSTED} == set(found)
    assert admitted == found.count(OK)
