"""What no vendor should send: an answer that adds up comes of it, or a provider's error, and nothing else.

The rules that an answer must keep are those of `fuzz.reading.check`.
"""

import json
import random

import pytest
from hypothesis import given, note, settings

from fuzz.answers import Counts, Script, scripts
from fuzz.formats import WRITERS
from fuzz.framing import cut
from fuzz.mutation import mutated_answer, mutated_body, mutated_stream
from fuzz.reading import read
from replay.recordings import Recording, each

# Stands for what is nested.
DEEP = "deep"
COUNTS = Counts(0, 0, 0, 0)
KINDS = pytest.mark.parametrize("kind", WRITERS)


@KINDS
@given(script=scripts)
def test_a_mutated_stream(kind: str, script: Script) -> None:
    """A mutated stream is an answer or a provider's error, the same wherever it is cut."""
    dice = random.Random(script.seed)
    body = mutated_stream(WRITERS[kind](script).events, dice)
    note(repr(body))

    whole = read(kind, [body])

    assert whole.gist == read(kind, cut(body, dice)).gist


@KINDS
@given(script=scripts)
def test_a_mutated_answer(kind: str, script: Script) -> None:
    """A mutated answer is an answer or a provider's error, the same wherever it is cut, streamed or not."""
    dice = random.Random(script.seed)
    body = mutated_answer(WRITERS[kind](script).whole, dice)
    note(repr(body))

    whole = read(kind, [body], streaming=False)

    assert whole.gist == read(kind, cut(body, dice)).gist


@each()
def test_a_mutated_recording(recording: Recording) -> None:
    """What vendors really sent, mutated, is an answer or a provider's error, the same wherever it is cut."""
    dice = random.Random(recording.name)
    for _ in range(max(1, settings().max_examples // 50)):
        body = mutated_body(recording.body, dice)
        assert read(recording.kind, [body]).gist == read(recording.kind, cut(body, dice)).gist, body


@KINDS
@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
def test_deep_nesting(kind: str, depth: int) -> None:
    """Nesting beyond measure fails, at worst, wherever it stands."""
    nested = "[" * depth + "]" * depth
    written = WRITERS[kind](Script((), "stop", COUNTS, (DEEP,), 3))
    for _, event in written.events:
        if isinstance(event, dict):
            body = f"data: {json.dumps(event)}\n\n".replace(f'"{DEEP}"', nested)
            read(kind, [body.encode()])
    read(kind, [json.dumps(written.whole).replace(f'"{DEEP}"', nested).encode()])
