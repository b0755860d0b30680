"""Streams as no vendor should send them: whatever comes, an answer or a provider's error leaves."""

import contextlib
import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from llmrpc_server import errors
from providers.openai_responses_bodies import (
    CALL,
    MESSAGE,
    SEARCH,
    THOUGHTS,
    Fields,
    added,
    body,
    call,
    end,
    event,
    message,
    stream,
    text,
    thoughts,
    told,
)

SOURCE: Fields = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}
CITED = event("output_text.annotation.added", 1, content_index=0, annotation_index=0, annotation=SOURCE)
WHOLE = [
    *thoughts(0),
    *message(1)[:3],
    CITED,
    *message(1)[3:],
    *call(2),
    event("output_item.done", 3, item=SEARCH),
    end(THOUGHTS, MESSAGE, CALL, SEARCH),
]
VALUES: list[Any] = [
    None,
    -1,
    0,
    1.5,
    2**31,
    2**70,
    10**4000,
    float("inf"),
    "",
    "x",
    [],
    {},
    [{}],
    [None],
    True,
    [[[]]],
]
TYPES = ["message", "reasoning", "function_call", "output_text", "refusal", "error", "response.completed"]


@pytest.mark.parametrize(
    "events",
    [
        [*message(), *text(0, "more")],
        [*call(), event("function_call_arguments.delta", delta="more")],
        [*thoughts(), event("reasoning_summary_text.delta", summary_index=5, delta="more")],
        [event("output_item.done")],
        [event("output_item.done", item={})],
        [event("output_item.done", item={"type": 1})],
        [event("output_item.done", item=[])],
        [event("output_item.added", item="x")],
        [added(0, {**CALL, "name": 5})],
        [event("output_item.done", item={**CALL, "name": ""})],
        [event("output_item.done", item={**CALL, "id": None, "call_id": None})],
        [event("output_item.done", item={**CALL, "arguments": {}})],
        [event("output_item.done", item={**MESSAGE, "content": "x"})],
        [event("output_item.done", item={**MESSAGE, "content": [1]})],
        [event("output_item.done", item={**THOUGHTS, "summary": ["x"]})],
        [event("output_text.delta", content_index=0, delta={"a": 1})],
        [event("output_text.delta", content_index="x", delta="a")],
        [
            event(
                "output_text.delta", content_index=0, delta="a", logprobs=[{"token": "a", "logprob": 0, "bytes": [256]}]
            )
        ],
        [*text(0, "Hi"), event("output_text.annotation.added", content_index=0, annotation=7)],
        [event("created")],
        [event("completed", response=[])],
        [{"type": "response.completed", "response": {"output": [], "usage": {"input_tokens": {}}}}],
        [{"type": "response.completed", "response": {"output": {}}}],
    ],
)
def test_what_contradicts_the_format(events: list[Fields]) -> None:
    """It is the provider's failure, told without its words."""
    with pytest.raises(errors.ProviderBadResponse, match="acme "):
        told(stream(*events, end()))


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"7",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"type": 1}',
        b'{"type": "response.output_text.delta", "delta": "\\ud800"}',
        b'{"type": "response.output_text.delta", "delta": "\xff"}',
        b'{"type": "response.output_item.done", "item": {"type": "x", "y": "\xff"}}',
        b'{"type": "response.output_item.done", "item": {"type": "reasoning", "y": "\xff"}}',
        b'{"type": "response.output_item.done", "item": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(12),
)
def test_what_is_no_event(data: bytes) -> None:
    """It is the provider's failure."""
    with pytest.raises(errors.ProviderBadResponse, match="acme sent"):
        told(b"data: " + data + b"\n\n" + stream(end()))


def test_indexes_of_any_size() -> None:
    """An index only tells items apart."""
    events = [one for index in (-1, 2**70, 0) for one in message(index)]

    assert [("text", "Hi there")] * 3 == told(stream(*events, end())).said


def test_a_source_of_nothing() -> None:
    """A source whose text never comes is dropped."""
    assert [("reasoning", "So.\n\nHence.")] == told(stream(CITED, *thoughts(), CITED, end())).said


@pytest.mark.parametrize("seed", range(60))
def test_a_broken_stream(seed: int) -> None:
    """Whichever event is lost, doubled, moved or broken: what can be read is an answer, and nothing but it."""
    dice = random.Random(seed)
    for sent in _broken(dice):
        with contextlib.suppress(errors.ProviderError):
            answer = told(sent)
            assert all(part.WhichOneof("kind") != "text" or part.text for part in answer.parts)
            assert isinstance(answer.metadata, dict)
            assert len(answer.states) == len(answer.parts)


def _broken(dice: random.Random) -> Iterator[bytes]:
    for _ in range(10):
        events = copy.deepcopy(WHOLE)
        events.insert(dice.randrange(len(events)), events.pop(dice.randrange(len(events))))
        events.insert(dice.randrange(len(events)), copy.deepcopy(dice.choice(events)))
        _spoil(dice.choice(events), dice)
        yield stream(*events)
        whole = json.loads(body(THOUGHTS, MESSAGE, CALL, SEARCH))
        _spoil(whole, dice)
        yield json.dumps(whole).encode()
        yield _flipped(stream(*events), dice)


def _spoil(value: Any, dice: random.Random) -> None:
    """Put something else somewhere into an object or a list."""
    while value:
        key = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if not isinstance(value[key], dict | list) or not value[key] or dice.random() < 0.2:
            value[key] = dice.choice([*VALUES, *TYPES])
            return
        value = value[key]


def _flipped(sent: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(sent))
    return sent[:at] + bytes([dice.randrange(256)]) + sent[at + 1 :]
