"""Messages as Anthropic does not send them: whatever comes, an answer or a provider's error leaves."""

import contextlib
import json
import random
from typing import Any

import pytest

from attempts import attempt
from llmrpc_server import errors
from llmrpc_server.providers.answer import MAX_ANSWER_CHARACTERS
from providers.anthropic_bodies import STOP, Fields, block, change, grow, message, reader, said, start, stream, told

TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking", "thinking": ""}
REDACTED = {"type": "redacted_thinking", "data": "x"}
USE = {"type": "tool_use", "id": "1", "name": "look", "input": {}}
SEARCH = {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}}
SOURCE = {"type": "web_search_result_location", "url": "https://example.com", "title": "Sky", "cited_text": "Blue."}

SAY = {"type": "text_delta", "text": "x"}
CITE = {"type": "citations_delta", "citation": SOURCE}
THINK = {"type": "thinking_delta", "thinking": "x"}
SIGN = {"type": "signature_delta", "signature": "x"}
WRITE = {"type": "input_json_delta", "partial_json": '{"a": 1}'}

WHOLE: list[Fields] = [
    start(id="1", model="m", usage={"input_tokens": 1, "output_tokens": 1}),
    *block(0, THINKING, THINK, SIGN),
    *block(1, TEXT, CITE, SAY),
    *block(2, SEARCH, WRITE),
    *block(3, USE, WRITE),
    change({"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 2}),
    STOP,
]
CONTENT: list[Fields] = [
    {"type": "thinking", "thinking": "x", "signature": "x"},
    {"type": "text", "text": "x", "citations": [SOURCE]},
    {**SEARCH, "input": {"a": 1}},
    USE,
]

VALUES: list[Any] = [None, -1, 0, 1.5, 2**31, 10**4000, float("inf"), "", "x", [], {}, [{}], [None], True, [[[]]]]
NAMES = [
    "index",
    "type",
    "text",
    "delta",
    "message",
    "content",
    "content_block",
    "citation",
    "id",
    "usage",
    "error",
    "x",
]


@pytest.mark.parametrize(
    "events",
    [
        [grow(0, SAY)],
        [*said(0, "a"), grow(0, SAY)],
        [*said(0, "a"), grow(2**70, SAY)],
        [*said(0, "a"), grow(-1, SAY)],
        [{"type": "content_block_stop", "index": 0}],
        [*said(0, "a"), {"type": "content_block_stop", "index": 0}],
        [block(0, TEXT)[0], block(0, TEXT)[0]],
        [{"type": "content_block_start", "index": 0}],
        [{"type": "content_block_start", "index": 0, "content_block": None}],
        [{"type": "content_block_start", "index": 0, "content_block": {"text": "a"}}],
        [{"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "name": "look"}}],
        [{"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking"}}],
        [block(0, TEXT)[0], {"type": "content_block_delta", "index": 0}],
        [block(0, TEXT)[0], grow(0, {"type": "text_delta"})],
        [block(0, TEXT)[0], grow(0, {"type": "text_delta", "text": ["a"]})],
        [block(0, TEXT)[0], grow(0, {"type": "citations_delta", "citation": "a"})],
        [block(0, TEXT)[0], grow(0, {"type": "citations_delta", "citation": {"title": 7}})],
        [{"type": "message_start"}],
        [{"type": "message_delta"}],
        [{"type": "message_delta", "delta": [], "index": 0}],
        [{"type": 7}],
        [{"index": 0}],
        [block(0, TEXT)[0], grow(0, {"type": "x_delta", "x": "\ud800"})],
        [block(0, SEARCH)[0], grow(0, {"type": "x_delta", "x": ["\ud800"]})],
        [block(0, SEARCH)[0], grow(0, {"type": "x_delta", "x": "\ud800"}), {"type": "content_block_stop", "index": 0}],
        *([block(0, TEXT)[0], grow(0, delta)] for delta in (THINK, SIGN, WRITE)),
        *([block(0, THINKING)[0], grow(0, delta)] for delta in (SAY, CITE, WRITE)),
        *([block(0, REDACTED)[0], grow(0, delta)] for delta in (SAY, CITE, THINK, SIGN, WRITE)),
        *([block(0, USE)[0], grow(0, delta)] for delta in (SAY, CITE, THINK, SIGN)),
    ],
)
def test_contradictions(events: list[Fields]) -> None:
    """Events that no message can have fail the call, with no word of theirs."""
    with pytest.raises(errors.ProviderBadResponse, match=r"^acme sent [a-z ]+$"):
        told(stream(start(), *events, STOP))


@pytest.mark.parametrize("event", [block(0, TEXT)[0], change({"stop_reason": "end_turn"}), STOP])
def test_without_a_beginning(event: Fields) -> None:
    """What stands before `message_start` is of no message."""
    with pytest.raises(errors.ProviderBadResponse):
        told(stream(event))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"<html></html>",
        b'{"content": [{"type": "text", "text": "\xff"}]}',
        b'{"content": [{"type": "text", "text": "\\ud800"}]}',
        b'{"content": [{"type": "x", "x": "\xff"}]}',
        b'{"content": [{"type": "tool_use", "id": "1", "name": "a", "input": {"x": "\xff"}}]}',
        b'{"content": [{"type": "text", "citations": [{"title": "\xff"}]}]}',
        b'{"content": [{"type": "text", "citations": [{"x": "\xff"}]}]}',
        b'{"content": ["a"]}',
        b'{"content": [{"type": "x", "x": %s}]}' % (b"[" * 100_000 + b"]" * 100_000),
        b'{"content": [], "x": %s}' % (b"[" * 100_000 + b"]" * 100_000),
    ],
)
def test_bodies(body: bytes) -> None:
    """A body that is no message fails the call."""
    with pytest.raises(errors.ProviderError):
        told(body, streaming=False)


def test_arguments_of_any_depth() -> None:
    """What a model writes as arguments is kept, however deep."""
    deep = '{"a": ' + "[" * 5000 + "]" * 5000 + "}"
    answer = told(stream(start(), *block(0, USE, {**WRITE, "partial_json": deep}), STOP))

    assert deep == answer.parts[0].tool_call.arguments_json
    hosted = told(stream(start(), *block(0, SEARCH, {**WRITE, "partial_json": deep}), STOP))
    assert {**SEARCH, "input": {"INVALID_JSON": deep}} == json.loads(hosted.parts[0].provider_part.json)


@pytest.mark.parametrize(
    ("content", "delta"),
    [
        (TEXT, {"type": "text_delta", "text": "x" * 100_000}),
        (TEXT, {"type": "x_delta", "x": "x" * 100_000}),
        (THINKING, {"type": "signature_delta", "signature": "x" * 100_000}),
        (USE, {"type": "input_json_delta", "partial_json": "x" * 100_000}),
        (SEARCH, {"type": "input_json_delta", "partial_json": "x" * 100_000}),
        (SEARCH, {"type": "x_delta", "x": "x" * 100_000}),
        (SEARCH, {"type": "x_delta", "x": ["x" * 100_000]}),
    ],
)
def test_growth_without_end(content: Fields, delta: Fields) -> None:
    """Memory is bounded: a block that does not stop growing fails the call."""
    event = stream(grow(0, delta))
    _, incoming = reader(attempt(kind="anthropic"))
    incoming.feed(stream(start(), *block(0, content)[:1]))
    failures = (incoming.feed(event) for _ in range(MAX_ANSWER_CHARACTERS // 100_000 + 1))

    assert isinstance(next(filter(None, failures), None), errors.ProviderBadResponse)


@pytest.mark.parametrize(
    "make", [lambda n: block(n, TEXT)[0], lambda n: change({"container": {str(n): "x" * 100_000}})]
)
def test_events_without_end(make: Any) -> None:
    """So does a message whose blocks or fields do not end."""
    _, incoming = reader(attempt(kind="anthropic"))
    incoming.feed(stream(start()))
    failures = (incoming.feed(stream(make(number))) for number in range(MAX_ANSWER_CHARACTERS // 80))

    assert isinstance(next(filter(None, failures), None), errors.ProviderBadResponse)


def mutated(value: Any, chance: random.Random) -> Any:
    """Change something in a JSON value."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(4):
            case 0:
                return {key: inner for key, inner in value.items() if key != name}
            case 1:
                return {**value, chance.choice(NAMES): chance.choice(VALUES)}
            case _:
                return {**value, name: mutated(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], mutated(value[at], chance), *value[at + 1 :]]
    return chance.choice(VALUES)


def shuffled(events: list[Fields], chance: random.Random) -> list[Fields]:
    """Leave out, repeat, swap or change an event."""
    events = list(events)
    at, other = chance.randrange(len(events)), chance.randrange(len(events))
    match chance.randrange(4):
        case 0:
            del events[at]
        case 1:
            events.insert(other, events[at])
        case 2:
            events[at], events[other] = events[other], events[at]
        case _:
            changed = mutated(events[at], chance)
            events[at] = changed if isinstance(changed, dict) else {"type": changed}
    return events


@pytest.mark.parametrize("name", ["self", "index", "part", "fields", "type_", ""])
def test_fields_of_any_name(name: str) -> None:
    """A new field is kept whatever it is called."""
    for content in CONTENT:
        for body in (message({**content, name: 1}), stream(start(), *block(0, {**content, name: 1}), STOP)):
            (part,) = told(body).parts
            kept = part.provider_state.data.decode() or part.provider_part.json
            assert 1 == json.loads(kept)[name]


@pytest.mark.parametrize("seed", range(300))
def test_mutated_streams(seed: int) -> None:
    """A stream that was tampered with is an answer or a provider's error, nothing else."""
    chance = random.Random(seed)
    events = WHOLE
    for _ in range(chance.randint(1, 3)):
        events = shuffled(events, chance) or WHOLE

    with contextlib.suppress(errors.ProviderError):
        told(stream(*events))


@pytest.mark.parametrize("seed", range(300))
def test_mutated_messages(seed: int) -> None:
    """So is a whole message."""
    chance = random.Random(seed)
    whole = json.loads(message(*CONTENT, id="1", stop_reason="end_turn", usage={"input_tokens": 1, "x": {}}))

    with contextlib.suppress(errors.ProviderError):
        told(json.dumps(mutated(whole, chance)).encode(), streaming=False)
