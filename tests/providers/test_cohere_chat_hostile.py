"""Streams as Cohere does not send them: whatever comes, an answer or a provider's error leaves."""

import contextlib
import json
import random
from typing import Any

import pytest

from llmrpc_server import errors
from providers.cohere_bodies import START, Fields, block, delta, end, stream, told

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": ""}}
SOURCE = {"type": "document", "id": "doc:0", "document": {"text": "Blue."}}
CITATION = {"start": 0, "end": 2, "text": "Hi", "sources": [SOURCE], "type": "TEXT_CONTENT", "content_index": 1}

WHOLE: list[Fields] = [
    START,
    delta("tool-plan-delta", tool_plan="I look."),
    *block(0, "thinking", "Hm."),
    *block(1, "text", "H", "i"),
    delta("citation-start", 0, citations=CITATION),
    {"type": "citation-end", "index": 0},
    delta("tool-call-start", 0, tool_calls=CALL),
    delta("tool-call-delta", 0, tool_calls={"function": {"arguments": "{}"}}),
    {"type": "tool-call-end", "index": 0},
    end("COMPLETE", usage={"tokens": {"input_tokens": 1, "output_tokens": 2}}),
]
MESSAGE: Fields = {
    "tool_plan": "I look.",
    "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}],
    "tool_calls": [CALL],
    "citations": [CITATION],
}

VALUES: list[Any] = [None, -1, 0, 1.5, 2**31, 10**4000, float("inf"), "", "x", [], {}, [{}], [None], True, [[[]]]]
NAMES = ["index", "type", "text", "delta", "message", "content", "tool_calls", "citations", "id", "usage", "error", "x"]

TEXT = block(0, "text", "Hi")
WORD = delta("content-delta", 0, content={"text": "x"})
ARGUMENTS = delta("tool-call-delta", 0, tool_calls={"function": {"arguments": "x"}})
CALLED = [delta("tool-call-start", 0, tool_calls=CALL), {"type": "tool-call-end", "index": 0}]


@pytest.mark.parametrize(
    "events",
    [
        [WORD],
        [*TEXT, WORD],
        [*TEXT, delta("content-delta", 2**70, content={"text": "x"})],
        [*TEXT, delta("content-delta", -1, content={"text": "x"})],
        [*TEXT, *TEXT],
        [START, *TEXT, START, *TEXT],
        [{"type": "content-end", "index": 0}],
        [*TEXT, {"type": "content-end", "index": 0}],
        [TEXT[0], delta("content-delta", 0, content={"thinking": "x"})],
        [TEXT[0], delta("content-delta", 0, content=[])],
        [TEXT[0], delta("content-delta", 0)],
        [TEXT[0], {"type": "content-delta", "index": 0, "delta": {}}],
        [TEXT[0], {"type": "content-delta", "index": 0}],
        [delta("content-start", 0, content=[{"type": "text"}])],
        [ARGUMENTS],
        [*CALLED, ARGUMENTS],
        [*CALLED, *CALLED],
        [*CALLED, {"type": "tool-call-end", "index": 0}],
        [{"type": "tool-call-end", "index": 0}],
        [CALLED[0], delta("tool-call-delta", 0, tool_calls=[])],
        [delta("tool-call-start", 0, tool_calls=[CALL])],
        [delta("tool-call-start", 0, tool_calls={"id": "1"})],
        [delta("tool-call-start", 0, tool_calls={"function": {"name": "look"}}), CALLED[1]],
        [{"type": "tool-plan-delta", "delta": {}}],
        [{"type": "tool-plan-delta"}],
        [{"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "map", "x": "\ud800"}}}}],
        [{"type": None}],
        [{}],
    ],
)
def test_contradictions(events: list[Fields]) -> None:
    """What contradicts itself fails, and is not mended by a guess."""
    with pytest.raises(errors.ProviderBadResponse, match=r"^acme sent [a-z ]+$"):
        told(stream(*events, end()))


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b"null", b'"Hi"', b"7", b"\xff", b'{"type":"content-delta","index":"x"}']
)
def test_what_is_no_event(data: bytes) -> None:
    """What is no event of this format fails."""
    with pytest.raises(errors.ProviderBadResponse, match=r"^acme sent what is not an event of a chat$"):
        told(stream(START) + b"data: " + data + b"\n\n" + stream(end()))


def test_nothing_follows_the_end() -> None:
    """What comes after the end marker is not read."""
    assert ["Hi"] == [part.text for part in told(stream(START, *TEXT, end(), WORD) + b"data: {\n\n").parts]


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
@pytest.mark.parametrize("name", ["citations", "x"])
def test_deep_nesting(depth: int, name: str) -> None:
    """Nesting beyond measure fails, at worst."""
    message = f'{{"message": {{"{name}": {"[" * depth + "]" * depth}}}}}'
    event = f'{{"type": "citation-start", "delta": {message}}}'
    ends_well(message.encode())
    ends_well(stream(START) + f"data: {event}\n\n".encode() + stream(end()))


@pytest.mark.parametrize("seed", range(300))
def test_mutated_answers(seed: int) -> None:
    """Odd values, missing and new fields, lost, doubled and swapped events: nothing but our errors leaves."""
    chance = random.Random(seed)
    events = list(WHOLE)
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(len(events)), chance.randrange(len(events))
        match chance.randrange(6):
            case 0:
                events.insert(other, events[at])
            case 1:
                events[at], events[other] = events[other], events[at]
            case 2 if len(events) > 1:
                del events[at]
            case _:
                events[at] = mutated(chance, events[at])
    ends_well(b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events))
    ends_well(json.dumps({"message": mutated(chance, MESSAGE), "finish_reason": "COMPLETE"}).encode())


def mutated(chance: random.Random, value: Any) -> Any:
    """Change something in it: a value, a field that is lost, or one that is new."""
    odd = chance.choice(VALUES)
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                return {other: value[other] for other in value if other != name}
            case 1:
                return {**value, chance.choice(NAMES): odd}
            case _:
                return {**value, name: mutated(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        return [mutated(chance, value[0]), *value[1:]]
    return odd


def ends_well(body: bytes) -> None:
    """Read a body: an answer or a provider's error is all that may come of it."""
    with contextlib.suppress(errors.ProviderError):
        assert told(body).response.HasField("message")
