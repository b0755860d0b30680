"""What a provider says in its format comes out as it was said: words, arguments, order, counts and the end."""

import json
import random

import pytest
from hypothesis import given, note

from fuzz.answers import Part, Script, scripts
from fuzz.formats import WRITERS
from fuzz.framing import cut, framed, json_bytes
from fuzz.reading import Outcome, read
from llmrpc.v1 import completion_pb2

KINDS = pytest.mark.parametrize("kind", WRITERS)


@KINDS
@given(script=scripts)
def test_a_stream(kind: str, script: Script) -> None:
    """A stream in any frames and cut anywhere says what was put into it."""
    written = WRITERS[kind](script)
    dice = random.Random(script.seed)
    body = framed(written.events, dice)
    note(repr(body))

    outcome = read(kind, cut(body, dice))

    assert written.parts == outcome.parts
    expect_end(outcome, script, written.finish, written.provider_finish)


@KINDS
@given(script=scripts)
def test_a_whole_answer(kind: str, script: Script) -> None:
    """An unstreamed answer says the same, whether a stream was asked for or not."""
    written = WRITERS[kind](script)
    dice = random.Random(script.seed)
    body = json_bytes(written.whole, dice)
    note(repr(body))

    outcome = read(kind, cut(body, dice), streaming=dice.random() < 0.5)

    assert decoded(written.whole_parts) == decoded(outcome.parts)
    expect_end(outcome, script, written.finish, written.provider_finish)


def expect_end(outcome: Outcome, script: Script, finish: str, provider_finish: str) -> None:
    """Hold the end of an answer to what was put into it."""
    assert outcome.completed is not None
    assert f"FINISH_REASON_{finish}" == completion_pb2.FinishReason.Name(outcome.completed.finish_reason)
    assert provider_finish == outcome.completed.provider_finish_reason
    assert script.counts == outcome.counts


def decoded(parts: list[Part]) -> list[tuple[object, ...]]:
    """Decode the arguments of calls: a format that has them as an object says nothing of their spaces."""
    return [(*part[:3], loaded(part[3])) if part[0] == "call" else part for part in parts]


def loaded(text: str) -> object:
    """Decode JSON; any other text stays as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text
