"""The events of a streamed message."""

import json
from typing import Any

import pytest

from attempts import attempt
from llmrpc.assembler import Assembler
from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.call import Event
from providers.answers import Told
from providers.anthropic_bodies import STOP, Fields, block, change, grow, reader, said, start, stream, told

END = change({"stop_reason": "end_turn", "stop_sequence": None})
SEARCH = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}


def piece(index: int, text: str) -> Fields:
    """Write a delta of text."""
    return grow(index, {"type": "text_delta", "text": text})


def written(index: int, json_: str) -> Fields:
    """Write a delta of a tool's input."""
    return grow(index, {"type": "input_json_delta", "partial_json": json_})


def kinds(events: list[Event]) -> list[tuple[str, int]]:
    """List what happened to which part."""
    named = [(event, event.WhichOneof("event") or "") for event in events]
    return [(kind, getattr(getattr(event, kind), "part_index", 0)) for event, kind in named]


def assembled(answer: Told) -> Any:
    """Put the events together as a client does."""
    assembler = Assembler()
    for sequence, event in enumerate(answer.events, start=1):
        event.sequence = sequence
        assembler.add(event)
    return assembler.message


def test_parts_are_told_as_they_grow() -> None:
    """A part is told when its block's first text comes, and ends with its block."""
    answer, incoming = reader(attempt(kind="anthropic"))
    seen = []
    for event in (start(), *said(0, "a", "b"), END, STOP):
        incoming.feed(stream(event))
        seen.append(kinds(answer.news()))

    assert [
        [],
        [],
        [("part_started", 0), ("part_delta", 0)],
        [("part_delta", 0)],
        [("part_finished", 0)],
        [],
        [],
    ] == seen


def test_a_call_is_told_at_once() -> None:
    """A tool's call is told with its id and name before its arguments come."""
    answer, incoming = reader(attempt(kind="anthropic"))
    incoming.feed(stream(start(), *block(0, USE, {"type": "input_json_delta", "partial_json": "{}"})[:1]))

    (started,) = answer.news()

    assert ("toolu_1", "look", "") == (
        started.part_started.part.tool_call.id,
        started.part_started.part.tool_call.name,
        started.part_started.part.tool_call.arguments_json,
    )


def test_an_item_is_told_whole() -> None:
    """A hosted tool's call is told once its input is known."""
    answer, incoming = reader(attempt(kind="anthropic"))
    events = block(0, SEARCH, {"type": "input_json_delta", "partial_json": '{"query": "sky"}'})
    incoming.feed(stream(start(), *events[:-1]))

    assert [] == answer.news()
    incoming.feed(stream(events[-1]))
    started, finished = answer.news()
    assert {**SEARCH, "input": {"query": "sky"}} == json.loads(started.part_started.part.provider_part.json)
    assert "part_finished" == finished.WhichOneof("event")


def test_blocks_may_interleave() -> None:
    """Blocks that grow in turns are told apart by their indexes, whatever these are."""
    first, second = said(7, "a"), block(-1, USE, {"type": "input_json_delta", "partial_json": "{"})
    answer = told(
        stream(
            start(),
            first[0],
            first[1],
            second[0],
            second[1],
            piece(7, "b"),
            written(-1, "}"),
            second[2],
            first[2],
            STOP,
        )
    )

    assert ["ab", ""] == [part.text for part in answer.parts]
    assert "{}" == answer.parts[1].tool_call.arguments_json
    assert answer.response.message == assembled(answer)


def test_an_index_may_be_used_again() -> None:
    """A block's index is free once it has ended."""
    assert ["a", "b"] == [part.text for part in told(stream(start(), *said(0, "a"), *said(0, "b"), STOP)).parts]


def test_the_end_ends_open_blocks() -> None:
    """A block whose end did not come ends with the message."""
    events = [block(0, SEARCH)[0], *said(1, "a")[:2], block(2, {"type": "thinking"})[0]]
    signed = grow(2, {"type": "signature_delta", "signature": "sig"})

    answer = told(stream(start(), *events, signed, END, STOP))

    assert ["text", "provider_part", "reasoning"] == [part.WhichOneof("kind") for part in answer.parts]
    assert answer.response.message == assembled(answer)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "ping"},
        {"type": "x_new", "x": {"a": 1}},
        {"type": "x_new", "message": "words", "delta": 7, "index": {}},
        {"type": "x_new", "content_block": None},
    ],
)
def test_other_events_say_nothing(event: Fields) -> None:
    """A ping, or an event of a type that we do not know, changes nothing, whatever is in it."""
    events = [start(), *said(0, "a", "b"), END, STOP]
    noisy = [event] + [both for told_event in events for both in (told_event, event)]

    assert told(stream(*events)).response.message == told(stream(*noisy)).response.message


def test_content_at_the_start() -> None:
    """Content that a message begins with is part of it."""
    answer = told(stream(start(content=[{"type": "text", "text": "a"}]), *said(1, "b"), END, STOP))

    assert ["a", "b"] == [part.text for part in answer.parts]


FIRST = [start(id="1", model="old", usage={"input_tokens": 9, "output_tokens": 9}), *said(0, "a")]
SECOND = [start(id="2", model="new", usage={"input_tokens": 1}), *said(0, "b"), END, STOP]


def test_a_message_that_begins_again() -> None:
    """A second beginning voids what came before: content, counts and metadata."""
    open_block = block(1, USE)[0]
    answer = told(stream(*FIRST, open_block, change({"stop_reason": "refusal", "container": {"id": "c"}}), *SECOND))

    assert ["b"] == [part.text for part in answer.parts]
    assert answer.response.message == assembled(answer)
    assert {"id": "2"} == answer.metadata
    assert (1, 0, "new") == (
        answer.attempt.usage.input_tokens,
        answer.attempt.usage.output_tokens,
        answer.attempt.target.reported_model,
    )
    assert completion_pb2.FINISH_REASON_STOP == answer.response.finish_reason


def test_a_message_that_begins_again_before_the_caller() -> None:
    """Where the caller has seen some of it, and did not allow that it is voided, the stream is broken."""
    answer, incoming = reader(attempt(kind="anthropic"))
    incoming.feed(stream(*FIRST))
    answer.news()

    assert isinstance(incoming.feed(stream(*SECOND)), errors.ProviderStreamBroken)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, errors.ProviderOverloaded),
        ({"type": "rate_limit_error", "message": "marker"}, errors.ProviderRateLimited),
        ({"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}, errors.ContextLengthExceeded),
        ({"type": "of_the_future"}, errors.ProviderFailed),
        ("marker", errors.ProviderFailed),
        (None, errors.ProviderFailed),
    ],
)
@pytest.mark.parametrize("before", [[], [start(), *said(0, "a")], [start(), END]])
def test_an_error(before: list[Fields], error: Any, expected: type[errors.ProviderError]) -> None:
    """An error fails the call wherever it stands, by its type; its words and the answer's stay with us."""
    call = attempt(kind="anthropic")
    _, incoming = reader(call)
    failure = incoming.feed(stream(*before, {"type": "error", "error": error, "request_id": "req_1"}))

    assert expected is type(failure)
    assert "marker" not in str(failure)
    assert "req_1" == call.attempt.provider_request_id


@pytest.mark.parametrize("events", [[], [start()], [start(), *said(0, "a")], [start(), *said(0, "a"), END]])
def test_without_the_end(events: list[Fields]) -> None:
    """A stream that ends before `message_stop` is no answer."""
    with pytest.raises(errors.ProviderStreamTruncated):
        told(stream(*events))
