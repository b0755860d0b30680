"""The work for an answer grows as its size does, whether in many small events or in a large one."""

import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable

import pytest

from attempts import attempt
from fuzz.answers import Called, Counts, Script, Spoken
from fuzz.formats import WRITERS
from fuzz.framing import framed
from fuzz.reading import provider
from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import Answer

MEGABYTE = 1024 * 1024
READ = 16 * 1024
# The event, what is read of it, the pieces, the whole, each with up to four bytes for a character.
COPIES = 16

Parts = tuple[Spoken | Called, ...]

SHAPES: dict[str, Callable[[int], Parts]] = {
    "words": lambda size: (Spoken("text", ("a",) * size),),
    "arguments": lambda size: (Called("1", "f", ("1",) * size),),
    "calls in turns": lambda size: tuple(Called(str(at), "f", ("1",) * (size // 3)) for at in range(3)),
    "calls": lambda size: tuple(Called(str(at), "f", ("1",)) for at in range(size // 3)),
    "voices": lambda size: tuple(Spoken("reasoning" if at % 2 else "text", ("a",)) for at in range(size // 3)),
}
ONE: dict[str, Callable[[str], Parts]] = {
    "a text": lambda text: (Spoken("text", (text,)),),
    "thoughts": lambda text: (Spoken("reasoning", (text,)),),
    "arguments": lambda text: (Called("1", "f", (text,)),),
}
SHAPED = pytest.mark.parametrize("shape", SHAPES)
KINDS = pytest.mark.parametrize("kind", WRITERS)


def stream(kind: str, parts: Parts) -> bytes:
    """Write a stream of parts, some of its objects with an unknown field."""
    written = WRITERS[kind](Script(parts, "stop", Counts(1, 0, 1, 0), ({"a": [1]},), 5))
    return framed(written.events, random.Random(5))


def cut(body: bytes, size: int) -> list[bytes]:
    """Cut a body into reads of one size."""
    return [body[at : at + size] for at in range(0, len(body), size)]


def consume(kind: str, reads: Iterable[bytes]) -> str:
    """Read an answer as a server does that passes events on at once; return the failure's class, if it fails."""
    answer = Answer(attempt(kind=kind))
    incoming = provider(kind).incoming(answer)
    try:
        for piece in reads:
            failure = incoming.feed(piece)
            answer.news()
            if failure is not None:
                raise failure
        incoming.end()
        answer.close()
        answer.news()
        answer.completed()
    except ProviderError as error:
        return type(error).__name__
    return ""


def calls(kind: str, reads: list[bytes]) -> int:
    """Count the functions that are called, Python's and C's."""
    provider(kind)
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        failure = consume(kind, reads)
    finally:
        sys.setprofile(None)
    assert "" == failure
    return count


def seconds(kind: str, reads: list[bytes], expected: str = "") -> float:
    """Measure the processor time, the best of three."""
    provider(kind)
    times = []
    for _ in range(3):
        started = time.process_time()
        failure = consume(kind, reads)
        times.append(time.process_time() - started)
        assert expected == failure
    return min(times)


@KINDS
@SHAPED
def test_twice_the_events_are_twice_the_work(kind: str, shape: str) -> None:
    """No event costs more calls of functions because many came before it."""
    once, twice = (cut(stream(kind, SHAPES[shape](size)), READ) for size in (300, 600))

    assert calls(kind, twice) < 2.2 * calls(kind, once)


@pytest.mark.slow
@KINDS
@SHAPED
def test_a_hundred_thousand_events(kind: str, shape: str) -> None:
    """Sixteen times the events take about sixteen times as long; looking at all again for each, 256 times."""
    small, large = (cut(stream(kind, SHAPES[shape](size)), READ) for size in (6_250, 100_000))

    assert calls(kind, large) < 17 * calls(kind, small)
    assert seconds(kind, large) < 64 * seconds(kind, small)


@KINDS
@pytest.mark.parametrize("name", ONE)
def test_one_large_event(kind: str, name: str) -> None:
    """An event of 1 MB in small reads takes some times as long as in one, and some times its own memory."""
    body = stream(kind, ONE[name]("é漢😀a" * (MEGABYTE // 10)))
    reads = cut(body, 4096)
    tracemalloc.start()
    try:
        assert "" == consume(kind, reads)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < COPIES * len(body)
    assert seconds(kind, reads) < 20 * seconds(kind, [body])


@KINDS
@pytest.mark.parametrize("size", [64 * 1024, 10 * MEGABYTE])
def test_more_than_any_answer(kind: str, size: int) -> None:
    """Ten megabytes of text, in one event or in many, are refused, and cost little more than to look at them."""
    body = stream(kind, (Spoken("text", ("a" * size,) * (10 * MEGABYTE // size)),))
    provider(kind)
    tracemalloc.start()
    try:
        assert "ProviderBadResponse" == consume(kind, cut(body, READ))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < COPIES * len(body)


@KINDS
def test_ten_megabytes_of_nothing_known(kind: str) -> None:
    """An unknown field of 10 MB in an event is read in time that its bytes explain."""
    head, *rest = stream(kind, (Spoken("text", ("a",)),)).partition(b'{"')
    pad = b'"zz_pad": "' + b"x" * 10 * MEGABYTE + b'", "'
    body = head + b"{" + pad + b"".join(rest).removeprefix(b'{"')
    reads = cut(body, 4096)
    failure = consume(kind, reads)

    assert seconds(kind, reads, failure) < 20 * seconds(kind, [body], failure)
