"""What fuzzing by hand found: each of these bodies once did what none may do."""

import pytest

from fuzz.reading import read

BROKEN = '{"type":"zz","x":"\udcff"}'.encode(errors="surrogateescape")


def stream(*events: bytes) -> bytes:
    """Write the events of a stream."""
    return b"".join(b"data: " + event + b"\n\n" for event in events)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("openai", b'{"choices":[{"message":{"content":"a"}}],"search_results":["x"],"citations":[%b]}' % BROKEN),
        (
            "openai",
            stream(
                b'{"choices":[{"delta":{"content":"a","annotations":[{}]}}],"citations":[%b]}' % BROKEN,
                b"[DONE]",
            ),
        ),
        (
            "openai_responses",
            b'{"status":"completed","output":[{"type":"message","content":[%b]}]}' % BROKEN,
        ),
        (
            "anthropic",
            stream(
                b'{"type":"message_start","message":{}}',
                b'{"type":"content_block_start","content_block":{"type":"text"}}',
                b'{"type":"content_block_delta","delta":{"type":"zz","citation":%b}}' % BROKEN,
                b'{"type":"message_stop"}',
            ),
        ),
    ],
    ids=["sources of a chat completion", "sources of chunks", "a message's content", "a source of no text"],
)
def test_what_is_not_utf_8(kind: str, body: bytes) -> None:
    """What is not UTF-8 inside what is kept as it came fails the answer as the provider's fault."""
    assert "ProviderBadResponse" == read(kind, [body]).failure


@pytest.mark.parametrize("kind", ["openai", "openai_responses", "anthropic", "cohere"])
def test_a_number_beyond_all_exponents(kind: str) -> None:
    """A number that no decimal can hold fails the answer as the provider's fault."""
    assert "ProviderBadResponse" == read(kind, [b'{"zz":1e99999999999999999999}'], streaming=False).failure


@pytest.mark.parametrize("space", [b" ", b"\t", b"\n\t "])
def test_white_space_before_the_first_field(space: bytes) -> None:
    """White space before everything else is none of the events, wherever it is cut off."""
    rest = b'data: {"type": "response.created", "response": {"id": "r1"\n\n'

    failures = {read("openai_responses", pieces).failure for pieces in ([space + rest], [space, rest])}

    assert {"ProviderBadResponse"} == failures


@pytest.mark.parametrize("space", [b"\n", b"\x0c"])
def test_a_byte_order_mark_after_white_space(space: bytes) -> None:
    """What a body is taken for does not depend on where white space before it is cut off."""
    rest = b"\xef\xbb\xbf: first\n\n"

    assert read("anthropic", [space + rest]).failure == read("anthropic", [space, rest]).failure
