"""What no recording holds and the vendors' documentation tells of, through the real server, over a socket."""

from collections.abc import AsyncIterator

import pytest

from fault_provider.http1 import pieces
from gateway import Gateway
from replay import composed_chat, composed_cohere, composed_messages, composed_responses, composed_vendors
from replay.asking import gateway_to, heard_from
from replay.composing import Exchange
from replay.feeding import feed, provider_of

EXCHANGES = [
    one
    for format_ in (composed_chat, composed_vendors, composed_responses, composed_messages, composed_cohere)
    for one in format_.exchanges()
]
EACH = pytest.mark.parametrize("exchange", EXCHANGES, ids=[one.recording.name for one in EXCHANGES])
STREAMED = [one for one in EXCHANGES if one.recording.streamed and one.recording.status == 200]


@pytest.fixture(scope="module")
async def replaying() -> AsyncIterator[Gateway]:
    """Run the real server before providers that answer with the exchanges, a few bytes at a time."""
    async with gateway_to([one.recording for one in EXCHANGES], piece=50) as gateway:
        yield gateway


@EACH
async def test_composed(exchange: Exchange, replaying: Gateway) -> None:
    """A caller hears what the provider said."""
    recording = exchange.recording

    assert exchange.heard == await heard_from(replaying, recording, stream=recording.streamed)


@EACH
async def test_not_as_asked(exchange: Exchange, replaying: Gateway) -> None:
    """A provider that answers a stream's request whole, or another's in a stream, is heard all the same."""
    recording = exchange.recording

    assert exchange.heard == await heard_from(replaying, recording, stream=not recording.streamed)


@pytest.mark.parametrize("exchange", STREAMED, ids=[one.recording.name for one in STREAMED])
async def test_byte_by_byte(exchange: Exchange) -> None:
    """A stream whose every byte comes in a read of its own says what it says in one."""
    provider = provider_of(exchange.recording.kind)
    body = exchange.recording.body

    assert await feed(provider, [body]) == await feed(provider, pieces(body, 1))
    await provider.close()
