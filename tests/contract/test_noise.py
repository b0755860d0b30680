"""What stands around an answer on the wire does not change it, whichever provider sends it."""

import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import ask, text_of
from contract.targets import KINDS
from fault_provider import CANONICAL_TEXT
from gateway import Gateway

EVERY = pytest.mark.parametrize("kind", KINDS)


@EVERY
@pytest.mark.parametrize(
    ("asked", "noise"),
    [
        (whole, "gzip"),
        (whole, "chunked=1byte"),
        (whole, "bom"),
        (whole, "unknown"),
        (whole, "sse-whole"),
        (streamed, "gzip"),
        (streamed, "chunked=1byte"),
        (streamed, "burst"),
        (streamed, "bom"),
        (streamed, "crlf"),
        (streamed, "comments"),
        (streamed, "unknown"),
        (streamed, "json-stream"),
        (streamed, "crlf+comments+bom+chunked=1byte"),
    ],
)
async def test_noise(gateway: Gateway, kind: str, asked: Ask, noise: str) -> None:
    """Compression, cuts at any byte, comments, line ends, unknown fields and the other sort of body change nothing."""
    answer = await asked(gateway, ask("Hi there you", model=f"{kind}/gpt-4o+{noise}"))

    assert CANONICAL_TEXT == text_of(answer)
    if (kind, noise) == ("openai", "sse-whole"):
        return  # Its streams count only where the request asked them to.
    assert (3, 20) == (answer.accounting.usage.input_tokens, answer.accounting.usage.output_tokens)


@EVERY
@pytest.mark.parametrize("asked", [whole, streamed])
async def test_nothing_unknown_is_lost(gateway: Gateway, kind: str, asked: Ask) -> None:
    """Unknown fields are in the answer's metadata."""
    answer = await asked(gateway, ask("Hi", model=f"{kind}/gpt-4o+unknown"))

    assert "strange_field" in answer.provider_metadata_json
