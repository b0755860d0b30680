"""Every recorded exchange, through the real server and its adapters, over a socket."""

from collections.abc import AsyncIterator, Callable

import pytest

from gateway import Gateway
from replay.asking import gateway_to, heard_from
from replay.expected import expected
from replay.recordings import Recording, each, recordings

# Bytes of a body to be sent at a time.
PIECE = 1000


@pytest.fixture(scope="module")
async def replaying() -> AsyncIterator[Gateway]:
    """Run the real server before providers that answer with the recordings."""
    async with gateway_to(recordings(), piece=PIECE) as gateway:
        yield gateway


@each()
async def test_recording(
    recording: Recording, replaying: Gateway, record_property: Callable[[str, object], None]
) -> None:
    """A caller hears what the provider said, part by part, and its counts; a call that fails has the table's reason."""
    record_property("provider", recording.vendor)
    record_property("phenomena", " ".join(recording.tags))

    assert expected(recording) == await heard_from(replaying, recording, stream=recording.streamed)


@each()
async def test_not_as_asked(recording: Recording, replaying: Gateway) -> None:
    """A provider that answers a stream's request whole, or another's in a stream, is heard all the same."""
    assert expected(recording) == await heard_from(replaying, recording, stream=not recording.streamed)
