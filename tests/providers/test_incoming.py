"""The body of an answer: events or one JSON object, whatever was promised."""

import pytest
from typing_extensions import override

from llmrpc_server import errors
from llmrpc_server.providers.incoming import Incoming
from llmrpc_server.providers.stream_parser import StreamParser


class Lines(StreamParser):
    """A format whose events are words, the last of them "end"."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @override
    def take(self, name: bytes, data: bytes) -> None:
        """Note a word."""
        if data == b"bad":
            raise errors.ProviderOverloaded("acme is full")
        if data == b"cut":
            raise errors.ProviderBadResponse("acme sent what is no word")
        self.words.append(data.decode())
        self.done = data == b"end"


class Body:
    """A body that is being read."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.objects: list[bytes] = []
        self.incoming = Incoming("acme", lambda: self.lines, self.objects.append)

    def read(self, *pieces: bytes) -> tuple[list[str], list[bytes]]:
        """Read pieces to the end; return the events' data, and what was taken for JSON."""
        for piece in pieces:
            assert self.incoming.feed(piece) is None
        self.incoming.end()
        return self.lines.words, self.objects


EVENTS = b"data: a\n\ndata: end\n\n"
JSON = b'{"text": "data: a"}'


@pytest.mark.parametrize(
    "start",
    [b"", b"\xef\xbb\xbf", b"\n\n", b"\xef\xbb\xbf\r\n", b": hello\n\n", b"event: x\n", b"id: 1\n", b"retry: 5\n\n"],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_events(start: bytes, size: int) -> None:
    """Events are events however they begin and wherever the reads are cut."""
    body = start + EVENTS
    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert (["a", "end"], []) == Body().read(*pieces)


def test_many_empty_lines_before_events() -> None:
    """A vendor that keeps the connection warm with empty lines still sends events."""
    assert (["a", "end"], []) == Body().read(*[b"\n"] * 500, EVENTS)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"  \r\n"])
def test_one_object(start: bytes, size: int) -> None:
    """A JSON body is read whole, also where events were promised."""
    body = start + JSON
    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert ([], [JSON]) == Body().read(*pieces)


def test_a_page() -> None:
    """What is neither is left to the reader of JSON to refuse."""
    page = b"<html>data: a</html>" * 10

    assert ([], [page]) == Body().read(page[:1], page[1:])


@pytest.mark.parametrize("body", [b"", b"\n", b"\xef\xbb\xbf", b"d", b"data", b"\n\nev", b"\xef\xbb\xbfid"])
def test_nothing(body: bytes) -> None:
    """An empty body, or one that ends within its first word, is an answer that broke off."""
    with pytest.raises(errors.ProviderStreamTruncated):
        Body().read(body)


@pytest.mark.parametrize("body", [b"data: a\n\n", b"data: a\n\ndata: en", b"data: a\n\ndata: cut", b"data: a\n\nda"])
def test_without_the_end_marker(body: bytes) -> None:
    """Events without the end marker are an answer that broke off, also where half of the marker came."""
    with pytest.raises(errors.ProviderStreamTruncated):
        Body().read(body)


@pytest.mark.parametrize("end", [b"data: end", b"data: end\n", b"data:end\r\n", b"event: x\ndata: end\nid: 1"])
@pytest.mark.parametrize("size", [1, 1000])
def test_an_end_marker_at_the_very_end(end: bytes, size: int) -> None:
    """The end marker is one without a blank line after it, too: some servers and proxies send none."""
    body = b"data: a\n\n" + end
    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert (["a", "end"], []) == Body().read(*pieces)


def test_a_failure_at_the_very_end() -> None:
    """So is a failure that the provider tells of."""
    with pytest.raises(errors.ProviderOverloaded):
        Body().read(b"data: a\n\ndata: bad")


def test_events_of_nothing() -> None:
    """A vendor that keeps the connection warm with empty data still sends events."""
    assert (["a", "end"], []) == Body().read(b"data:\n\nevent: ping\ndata: \n\n", EVENTS)


def test_nothing_counts_after_the_end() -> None:
    """What follows the end marker is not read."""
    body = Body()

    assert (["a", "end"], []) == body.read(EVENTS + b"data: bad\n\n")
    assert body.incoming.done


def test_a_failure_after_output() -> None:
    """The failure in a read is returned, so that what came before it can be told first."""
    body = Body()
    failure = body.incoming.feed(b"data: a\n\ndata: bad\n\ndata: end\n\n")

    assert ["a"] == body.lines.words
    assert isinstance(failure, errors.ProviderOverloaded)


@pytest.mark.parametrize("start", [b"data: ", b'{"a": "'])
def test_without_end(start: bytes) -> None:
    """Memory is bounded: an event or an object without end is the provider's failure."""
    body = Body()
    piece = b"x" * (8 * 1024 * 1024)
    failure = body.incoming.feed(start)
    try:
        for _ in range(9):
            failure = failure or body.incoming.feed(piece)
    except errors.ProviderError as error:
        failure = error

    assert isinstance(failure, errors.ProviderBadResponse)
