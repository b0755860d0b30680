"""How the bytes of an answer are wrapped, cut and mixed up, whatever the answer is."""

import json
import zlib

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider
from faults.wire import PATHS, ask, text_of

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@PATHS
@pytest.mark.parametrize("also", ["", "+chunked=3bytes", "+burst"])
async def test_compressed_streams(provider: FaultProvider, path: str, also: str) -> None:
    """`gzip` compresses a stream, however it is cut."""
    plain, packed = await ask(provider, path, f"ok{also}"), await ask(provider, path, f"gzip{also}")

    assert ("content-encoding: gzip" in packed.head, CANONICAL_TEXT) == (True, packed.text)
    assert len(plain.events) == len(packed.events)


@PATHS
async def test_compressed_events_can_be_read_at_once(provider: FaultProvider, path: str) -> None:
    """Each write of a compressed stream holds all of its event."""
    raw = await ask(provider, path, "gzip")
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    written = [decompressor.decompress(chunk) for chunk in raw.chunks]

    assert raw.events == [data.removesuffix(b"\n\n") for data in written if data]


@PATHS
async def test_compressed_streams_break_off_too(provider: FaultProvider, path: str) -> None:
    """What was sent before the cut can be read."""
    assert "The sky is" == (await ask(provider, path, "gzip+cut@3")).text


@PATHS
@pytest.mark.parametrize("model", ["gzip", "gzip+status=503"])
async def test_compressed_bodies(provider: FaultProvider, path: str, model: str) -> None:
    """Whole answers and errors are compressed, with the length of what is sent."""
    raw = await ask(provider, path, model, stream=False)

    assert f"content-length: {len(raw.sent)}" in raw.head
    assert b"\x1f\x8b" == raw.sent[:2]
    assert isinstance(raw.json, dict)


@PATHS
async def test_crlf(provider: FaultProvider, path: str) -> None:
    """With `crlf` every line ends in CRLF."""
    body = (await ask(provider, path, "crlf")).body

    assert body.count(b"\n") == body.count(b"\r\n") > 0
    assert (await ask(provider, path, "ok")).body.count(b"\n") == body.count(b"\n")


@PATHS
async def test_comments(provider: FaultProvider, path: str) -> None:
    """With `comments` a comment and blank lines come before each event, and no event is lost."""
    plain, commented = await ask(provider, path, "ok"), await ask(provider, path, "comments")
    lines = commented.body.decode().split("\n")

    assert len(plain.events) == len([line for line in lines if line.startswith(":")])
    assert (CANONICAL_TEXT, True) == (commented.text, "\n\n\n" in commented.body.decode())


@PATHS
async def test_byte_order_mark(provider: FaultProvider, path: str) -> None:
    """With `bom` the stream begins with one, in front of the first event."""
    plain, marked = await ask(provider, path, "ok"), await ask(provider, path, "bom")

    assert BYTE_ORDER_MARK == marked.body[:3]
    assert len(plain.events) == len(marked.events)


@PATHS
async def test_a_whole_answer_for_a_stream(provider: FaultProvider, path: str) -> None:
    """With `json-stream` a request for a stream gets JSON."""
    raw = await ask(provider, path, "json-stream")

    assert ("content-type: application/json" in raw.head, CANONICAL_TEXT) == (True, text_of(path, raw.json))


@PATHS
async def test_a_stream_for_a_whole_answer(provider: FaultProvider, path: str) -> None:
    """With `sse-whole` a request for a whole answer gets a stream, usage included."""
    raw = await ask(provider, path, "sse-whole", stream=False)

    assert ("content-type: text/event-stream" in raw.head, CANONICAL_TEXT) == (True, raw.text)
    assert b'"usage":{' in raw.body


@PATHS
@pytest.mark.parametrize("stream", [True, False])
async def test_what_nobody_knows(provider: FaultProvider, path: str, stream: bool) -> None:
    """With `unknown` every object has one more field; what is the caller's own stays as it is."""
    raw = await ask(provider, path, "unknown", stream=stream)
    text = raw.text if stream else text_of(path, raw.json)
    values = raw.values if stream else [raw.json]

    assert CANONICAL_TEXT == text
    assert [True] * len(values) == ["strange_field" in value for value in values]
    assert "hologram" in json.dumps(values) or not stream


@PATHS
async def test_unknown_events_and_blocks(provider: FaultProvider, path: str) -> None:
    """With `unknown` there are events, and where the wire format has types of content blocks, that nobody knows."""
    plain, strange = await ask(provider, path, "ok"), await ask(provider, path, "unknown")
    names = [{value.get("type", value.get("object")) for value in raw.values} for raw in (plain, strange)]

    assert 1 == len([name for name in names[1] - names[0] if "hologram" in name])
