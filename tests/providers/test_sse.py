"""Server-sent events, against a plain reading of the standard over the whole text."""

import itertools
import random
import re
import time
import tracemalloc
from collections.abc import Callable, Iterable

import pytest

from llmrpc_server.providers.sse import MAX_EVENT_BYTES, Decoder, EventTooLarge

Event = tuple[bytes, bytes]

_LINE_ENDS = re.compile(rb"\r\n|\n|\r")


def reference(stream: bytes) -> list[Event]:
    """Decode a whole stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html tells."""
    events: list[Event] = []
    name, data = b"", b""
    # A line that no line end closes is no line yet.
    for line in _LINE_ENDS.split(stream.removeprefix(b"\xef\xbb\xbf"))[:-1]:
        if not line:
            if data:
                events.append((name, data.removesuffix(b"\n")))
            name, data = b"", b""
            continue
        field, colon, value = line.partition(b":")
        if colon and value.startswith(b" "):
            value = value[1:]
        if field == b"event":
            name = value
        elif field == b"data":
            data += value + b"\n"
    return events


def decode(pieces: Iterable[bytes]) -> list[Event]:
    """Decode a stream that comes in these pieces."""
    decoder = Decoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"data: a\n\n", [(b"", b"a")]),
        (b"data:a\n\n", [(b"", b"a")]),
        (b"data:  a \n\n", [(b"", b" a ")]),
        (b"data: a:b\n\n", [(b"", b"a:b")]),
        (b"event: x\ndata: a\n\n", [(b"x", b"a")]),
        (b"data: a\nevent: x\nevent: y\n\n", [(b"y", b"a")]),
        (b"data: a\ndata: b\n\n", [(b"", b"a\nb")]),
        (b"data: a\ndata\ndata:\n\n", [(b"", b"a\n\n")]),
        (b"data:\n\n", [(b"", b"")]),
        (b"data\n\n", [(b"", b"")]),
        (b"event: x\n\ndata: a\n\n", [(b"", b"a")]),
        (b"\n\n\ndata: a\n\n\n\n", [(b"", b"a")]),
        (b": comment\n:\ndata: a\n: data: b\n\n", [(b"", b"a")]),
        (b"id: 1\nretry: 5\nother: x\ndatax: y\n data: z\nDATA: w\ndata: a\n\n", [(b"", b"a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [(b"", b"a"), (b"", b"b"), (b"", b"c")]),
        (b"data: a\r\n\ndata: b\n\r\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n\r", [(b"", b"a")]),
        (b"data: a\r\r", [(b"", b"a")]),
        (b"data: a\r\n\r", [(b"", b"a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [(b"", b"a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [(b"", b"b")]),
        (b"\xefdata: a\n\ndata: b\n\n", [(b"", b"b")]),
        (b"data: \xff\x00\xc3\n\n", [(b"", b"\xff\x00\xc3")]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"data: a\n\ndata: b\n", [(b"", b"a")]),
        (b"data: a\r", []),
    ],
)
def test_decodes(stream: bytes, events: list[Event]) -> None:
    """Each rule of the standard, wherever the stream is cut in two, and byte by byte."""
    assert events == reference(stream)
    for cut in range(len(stream) + 1):
        assert events == decode([stream[:cut], stream[cut:]])
    assert events == decode(stream[place : place + 1] for place in range(len(stream)))
    assert events == decode(piece for byte in stream for piece in (b"", bytes([byte]), b""))


_PIECES = (
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"),
    *(b"data:", b"data: ", b"data", b"event:", b"event: x", b"id: 7", b": ping", b":", b" ", b"a", b"{}"),
    *(b"\xef\xbb\xbf", b"\xef", b"\xc3\xa9", b"\x00"),
)


def test_decodes_any_stream_in_any_reads() -> None:
    """2,000 streams made at random, each in reads cut at random, decode to what the reference decodes."""
    choice = random.Random(20260101)
    for _ in range(2000):
        stream = b"".join(choice.choices(_PIECES, k=choice.randrange(1, 40)))
        cuts = sorted(choice.choices(range(len(stream) + 1), k=choice.randrange(6)))
        reads = [stream[start:end] for start, end in itertools.pairwise((0, *cuts, len(stream)))]

        assert reference(stream) == decode(reads), reads


def test_events_are_told_as_soon_as_they_are_whole() -> None:
    """The blank line itself, be it a lone CR, is the end of an event: nobody waits for another read."""
    decoder = Decoder()

    assert [[], [(b"", b"a")], [], [(b"", b"b")]] == [
        decoder.feed(read) for read in (b"data: a\r\n", b"\r", b"\ndata: b\n", b"\n")
    ]


def seconds(reads: Iterable[bytes], work: Callable[[list[bytes]], object] = decode) -> float:
    """Measure how much processor time it takes to decode, or to do other work on the reads; the best of three."""
    reads = list(reads)
    times = []
    for _ in range(3):
        started = time.process_time()
        work(reads)
        times.append(time.process_time() - started)
    return min(times)


def test_a_long_event_takes_linear_time() -> None:
    """An event of 30 MB in reads of 16 KB costs some times its bytes' copy; looking again at each read, a thousand."""
    reads = [b"data: ", *[b"x" * 16384] * 1831, b"\n\n"]

    assert seconds(reads) < 100 * seconds(reads, b"".join)


def test_many_events_take_linear_time() -> None:
    """Many events cost about the same each in one read as in a hundred; so do ten times the reads of a few bytes."""
    event = b'data: {"a": 1}\n\n'

    assert seconds([event * 100_000]) < 10 * seconds([event * 1000] * 100)
    assert seconds([event[:7], event[7:]] * 50_000) < 40 * seconds([event[:7], event[7:]] * 5000)


_MEGABYTE = b"x" * 1024 * 1024


def feed_until_refused(first: bytes, chunk: bytes) -> int:
    """Feed the same chunk until it is too much; return how many bytes were taken."""
    decoder = Decoder()
    taken = 0
    decoder.feed(first)
    while taken <= 2 * MAX_EVENT_BYTES:
        try:
            assert [] == decoder.feed(chunk)
        except EventTooLarge:
            return taken
        taken += len(chunk)
    raise AssertionError("took any amount")


@pytest.mark.parametrize(
    ("first", "chunk"),
    [
        (b"data: ", _MEGABYTE),
        (b": ", _MEGABYTE),
        (b"\xef\xbb\xbf", _MEGABYTE),
        (b"", b"data: " + _MEGABYTE + b"\n"),
        (b"event: x\n", b"data: " + _MEGABYTE + b"\r\n: comment\r\n"),
    ],
    ids=["a line", "a comment", "no field", "data lines", "data lines with comments"],
)
def test_an_event_without_end_is_refused(first: bytes, chunk: bytes) -> None:
    """One event may not fill the memory, neither with one line nor with many."""
    taken = feed_until_refused(first, chunk)

    assert MAX_EVENT_BYTES - 2 * len(chunk) <= taken <= MAX_EVENT_BYTES


def test_only_the_event_counts() -> None:
    """A stream of any length decodes, as long as no event of it is too large, and is not kept."""
    event = b"event: x\ndata: " + _MEGABYTE + b"\n\n"
    decoder = Decoder()
    tracemalloc.start()
    try:
        for _ in range(100):
            assert 1 == len(decoder.feed(event))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10 * len(event)
