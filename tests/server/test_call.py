"""The books of a call, and its small helpers."""

import time
from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call, add_usage
from llmrpc_server.moments import duration, now

PROVIDER, ESTIMATED = accounting_pb2.USAGE_SOURCE_PROVIDER, accounting_pb2.USAGE_SOURCE_ESTIMATED


async def nothing() -> None:
    """Commit to nothing."""


def make(*, streaming: bool = True, **fields: Any) -> Call:
    """Make a call."""
    request = completion_pb2.CompleteRequest(**fields)
    return Call("1", request, streaming=streaming, principal=Principal(), commit=nothing, deadline=None)


def test_books_of_a_call_that_reached_nobody() -> None:
    """Before the first attempt there is nothing used and nobody named; the route is the default one."""
    books = make().accounting()

    assert ("1", "default", 0) == (books.call_id, books.route, books.attempts_total)
    assert not any(books.HasField(name) for name in ("usage", "target", "cost", "time_to_first_token"))
    assert books.HasField("duration")
    assert accounting_pb2.CACHE_STATUS_BYPASS == books.cache.status


def test_books_add_up_all_attempts() -> None:
    """Usage counts every attempt, the failed ones too; one that told nothing adds nothing."""
    call = make(model="fast")
    call.attempts += [
        accounting_pb2.Attempt(number=1, usage=accounting_pb2.Usage(input_tokens=5, source=PROVIDER)),
        accounting_pb2.Attempt(number=2),
        accounting_pb2.Attempt(number=3, usage=accounting_pb2.Usage(input_tokens=7, output_tokens=2, source=ESTIMATED)),
    ]

    books = call.accounting()

    assert ("fast", 3, [1, 2, 3]) == (books.route, books.attempts_total, [item.number for item in books.attempts])
    assert (12, 2, ESTIMATED) == (books.usage.input_tokens, books.usage.output_tokens, books.usage.source)
    assert 3 == call.attempt.number


def test_books_show_the_last_attempts() -> None:
    """Of many attempts the last eight are shown, and all are counted."""
    call = make()
    usage = accounting_pb2.Usage(input_tokens=1)
    call.attempts += [accounting_pb2.Attempt(number=number, usage=usage) for number in range(1, 21)]

    books = call.accounting()

    assert (20, list(range(13, 21)), 20) == (
        books.attempts_total,
        [attempt.number for attempt in books.attempts],
        books.usage.input_tokens,
    )


@pytest.mark.parametrize("streaming", [True, False])
def test_time_to_first_token(streaming: bool) -> None:
    """Only a stream has a first token."""
    call = make(streaming=streaming)
    call.first_output = call.started + 0.25

    books = call.accounting()

    assert streaming == books.HasField("time_to_first_token")
    assert (250_000_000 if streaming else 0) == pytest.approx(books.time_to_first_token.ToNanoseconds(), abs=1000)


def test_unknown_counts_stay_unknown() -> None:
    """A count is unset where no attempt told it; a zero that was told is a count."""
    total = accounting_pb2.Usage()
    add_usage(total, accounting_pb2.Usage(input_tokens=1, cache_read_tokens=0))
    add_usage(total, accounting_pb2.Usage(input_tokens=2, reasoning_tokens=3))

    assert (3, 0, 3) == (total.input_tokens, total.cache_read_tokens, total.reasoning_tokens)
    assert (True, True, False) == tuple(
        total.HasField(name) for name in ("cache_read_tokens", "reasoning_tokens", "cache_write_tokens")
    )


def test_every_count_adds_up() -> None:
    """A count that is new in Usage is added like the others."""
    one = accounting_pb2.Usage(source=PROVIDER)
    counts = [field.name for field in one.DESCRIPTOR.fields if field.name != "source"]
    for name in counts:
        setattr(one, name, 2)
    total = accounting_pb2.Usage()
    add_usage(total, one)
    add_usage(total, one)

    assert [4] * len(counts) == [getattr(total, name) for name in counts]
    assert PROVIDER == total.source


def test_limits_of_output() -> None:
    """The request's own limit goes before the route's."""
    assert 5 == make(config=completion_pb2.GenerationConfig(max_output_tokens=5)).max_output_tokens


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, 0), (0.25, 250_000_000), (1.5, 1_500_000_000), (86400.0, 86_400_000_000_000), (0.999999999, 999_999_999)],
)
def test_durations(seconds: float, expected: int) -> None:
    """Seconds become the protobuf Duration of the same length."""
    assert expected == pytest.approx(duration(seconds).ToNanoseconds(), abs=1)


def test_now() -> None:
    """The timestamp is of this moment."""
    before = time.time_ns()
    moment = now().ToNanoseconds()

    assert before <= moment <= time.time_ns()
