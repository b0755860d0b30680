"""A streamed answer is the same wherever its bytes are cut and whatever harmless noise is among them."""

import dataclasses
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from fault_provider.http1 import pieces
from llmrpc.v1 import completion_pb2
from replay.expected import expected
from replay.feeding import Told, feed, provider_of
from replay.noise import HARMLESS, NEW
from replay.recordings import Recording, each

STREAMED = each(lambda recording: recording.streamed)
CUTS = 12


@pytest.fixture(scope="module")
async def made() -> AsyncIterator[dict[str, Any]]:
    """Hold the providers made so far, by kind."""
    made: dict[str, Any] = {}
    yield made
    for provider in made.values():
        await provider.close()


@pytest.fixture
def provider(recording: Recording, made: dict[str, Any]) -> Any:
    """Return the provider of the kind that a recording takes."""
    if recording.kind not in made:
        made[recording.kind] = provider_of(recording.kind)
    return made[recording.kind]


def split(body: bytes, longest: int, dice: random.Random) -> Iterator[bytes]:
    """Cut a body into pieces of random lengths."""
    at = 0
    while at < len(body):
        length = dice.randint(1, longest)
        yield body[at : at + length]
        at += length


def said(told: Told) -> Told:
    """Leave out what an answer keeps of fields without a place."""
    completed = completion_pb2.CompleteResponse()
    completed.CopyFrom(told.completed)
    completed.ClearField("provider_metadata_json")
    return dataclasses.replace(told, completed=completed)


@STREAMED
async def test_cut_anywhere(recording: Recording, provider: Any) -> None:
    """Byte by byte, in random pieces or in one: the events that matter and the whole answer are the same."""
    dice = random.Random(recording.name)
    whole = await feed(provider, [recording.body])

    assert expected(recording) == whole.answer
    assert whole == await feed(provider, pieces(recording.body, 1))
    for longest in (20, 2000):
        assert whole == await feed(provider, split(recording.body, longest, dice))


@STREAMED
async def test_noise_is_not_heard(recording: Recording, provider: Any) -> None:
    """Comments, empty lines, other line ends, and fields and events that nobody knows change nothing of an answer."""
    dice = random.Random(recording.name)
    whole = await feed(provider, [recording.body])

    for name, add in HARMLESS.items():
        assert whole == await feed(provider, split(add(recording.body), 1000, dice)), name
    for name, add in NEW.items():
        assert said(whole) == said(await feed(provider, split(add(recording.body), 1000, dice))), name


@STREAMED
async def test_an_answer_that_breaks_off(recording: Recording, provider: Any) -> None:
    """A body that ends early is an answer only where the provider had said all of it."""
    dice = random.Random(recording.name)

    for _ in range(CUTS):
        cut = dataclasses.replace(recording, body=recording.body[: dice.randrange(len(recording.body))])
        assert expected(cut) == (await feed(provider, [cut.body])).answer, len(cut.body)
