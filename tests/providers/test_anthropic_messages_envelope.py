"""What a message tells around its content."""

import json
from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import errors
from providers.anthropic_bodies import STOP, Fields, blocks, change, grow, message, said, start, stream, told

STARTED = {"input_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}
CONTAINER = {"id": "container_1", "expires_at": "2026-11-22T00:00:00Z"}
DETAILS = {"type": "refusal", "category": "cyber", "explanation": "No."}


def counts(usage: accounting_pb2.Usage) -> Fields:
    """Return the counts that are told."""
    return {field.name: value for field, value in usage.ListFields() if field.name != "source"}


@pytest.mark.parametrize(
    ("stop_reason", "expected"),
    [
        ("end_turn", "STOP"),
        ("stop_sequence", "STOP"),
        ("max_tokens", "MAX_TOKENS"),
        ("model_context_window_exceeded", "MAX_TOKENS"),
        ("tool_use", "TOOL_CALLS"),
        ("refusal", "REFUSAL"),
        ("pause_turn", "PAUSED"),
        ("of_the_future", "OTHER"),
        (None, "OTHER"),
    ],
)
def test_why_it_ends(stop_reason: str | None, expected: str) -> None:
    """The vendor's word is kept beside its meaning."""
    end = {"stop_reason": stop_reason, "stop_sequence": None}

    for answer in (told(message(**end)), told(stream(start(), change(end), STOP))):
        assert completion_pb2.FinishReason.Value(f"FINISH_REASON_{expected}") == answer.response.finish_reason
        assert (stop_reason or "", "") == (answer.response.provider_finish_reason, answer.response.stop_sequence)


def test_a_stop_sequence() -> None:
    """The sequence that ended the answer is told."""
    end = {"stop_reason": "stop_sequence", "stop_sequence": "\n\n"}

    for answer in (told(message(**end)), told(stream(start(), change(end), STOP))):
        assert "\n\n" == answer.response.stop_sequence


def test_counts_of_a_whole_message() -> None:
    """Input counts what the cache read and wrote, and output the reasoning."""
    usage = {**STARTED, "output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4}}

    assert {
        "input_tokens": 15,
        "output_tokens": 7,
        "cache_read_tokens": 3,
        "cache_write_tokens": 2,
        "reasoning_tokens": 4,
    } == counts(told(message(usage=usage)).attempt.usage)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (
            {"output_tokens": 7},
            {"input_tokens": 15, "output_tokens": 7, "cache_read_tokens": 3, "cache_write_tokens": 2},
        ),
        (
            {"input_tokens": 20, "output_tokens": 7, "cache_read_input_tokens": 0},
            {"input_tokens": 22, "output_tokens": 7, "cache_read_tokens": 0, "cache_write_tokens": 2},
        ),
        (
            {"output_tokens": None, "output_tokens_details": {"thinking_tokens": 0}},
            {
                "input_tokens": 15,
                "output_tokens": 1,
                "cache_read_tokens": 3,
                "cache_write_tokens": 2,
                "reasoning_tokens": 0,
            },
        ),
        # SGLang's: nothing takes back that there was input.
        (
            {"input_tokens": 0, "output_tokens": 9},
            {"input_tokens": 15, "output_tokens": 9, "cache_read_tokens": 3, "cache_write_tokens": 2},
        ),
        ({}, {"input_tokens": 15, "output_tokens": 1, "cache_read_tokens": 3, "cache_write_tokens": 2}),
    ],
)
def test_counts_of_a_stream(later: Fields, expected: Fields) -> None:
    """Each event's counts are totals; those that an event leaves out stay."""
    events = [start(usage=STARTED), change({"stop_reason": "end_turn"}, usage=later), STOP]

    assert expected == counts(told(stream(*events)).attempt.usage)


def test_counts_that_are_not_told() -> None:
    """Where the vendor tells none, none are noted."""
    for answer in (told(message()), told(stream(start(), STOP))):
        assert not answer.attempt.HasField("usage")


def test_who_answers() -> None:
    """The model that the vendor names is noted."""
    for answer in (told(message(model="claude-9")), told(stream(start(model="claude-9"), STOP))):
        assert "claude-9" == answer.attempt.target.reported_model


def test_metadata() -> None:
    """What has no place of its own is the same metadata, whole and streamed, without constants and known nulls."""
    beginning: Fields = {"id": "msg_1", "diagnostics": {"a": 1}, "x_new": [1.50]}
    end: Fields = {"stop_reason": "refusal", "stop_details": DETAILS, "container": CONTAINER, "x_end": {"b": None}}
    late: Fields = {"context_management": {"applied_edits": []}, "input_transformations": []}
    first: Fields = {"service_tier": "standard", "inference_geo": "eu", "cache_creation": {"x": 0}, "speed": "fast"}
    last: Fields = {"server_tool_use": {"web_search_requests": 1}, "iterations": [{"type": "message"}], "x_count": 1}

    whole = told(message(**beginning, **end, **late, usage={**STARTED, **first, **last}))
    streamed = told(
        stream(
            start(**beginning, stop_details=None, usage={**STARTED, **first}),
            change(end, usage={**STARTED, **last}, **late),
            STOP,
        )
    )

    del end["stop_reason"]
    assert {**beginning, **end, **late, "usage": {**first, **last}} == whole.metadata
    assert whole.metadata == streamed.metadata


def test_new_fields_of_events() -> None:
    """Unknown fields around the content are kept by event; those of the last event of a type stay."""
    deltas = [{"type": "text_delta", "text": text, "x_in": number} for number, text in enumerate("ab")]
    events = [{**event, "x_on": 1} for event in said(0, "")]

    answer = told(
        stream(start(), events[0], *(grow(0, delta) for delta in deltas), events[2], {**STOP, "x_stop": {"ms": 5}})
    )

    assert {
        "events": {
            "content_block_start": {"x_on": 1},
            "content_block_delta": {"delta": {"x_in": 1}},
            "content_block_stop": {"x_on": 1},
        },
        "x_stop": {"ms": 5},
    } == answer.metadata


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": "a"},
        {"type": "redacted_thinking", "data": "a"},
        {"type": "tool_use", "id": "1", "name": "a", "input": {}},
    ],
)
def test_deltas_of_a_new_type(block: Fields) -> None:
    """What a block that we know grows by, and we do not, is kept to the letter, and the block is what it was."""
    deltas: list[Fields] = [{"type": "x_delta", "x": "a", "content": 1.5}, {"type": "x_delta", "x": "b"}]

    answer = told(blocks(block, *deltas))

    assert told(blocks(block)).parts == answer.parts
    assert {"deltas": deltas} == answer.metadata


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "error", "error": {"type": "overloaded_error"}, "request_id": "req_1"}, errors.ProviderOverloaded),
        ({"error": {"type": "api_error"}}, errors.ProviderFailed),
        ({"type": "message", "content": None}, errors.ProviderBadResponse),
        ({"type": "message"}, errors.ProviderBadResponse),
        ({}, errors.ProviderBadResponse),
    ],
)
def test_no_message(body: dict[str, Any], expected: type[errors.ProviderError]) -> None:
    """An error in a message's place fails the call, and so does what has no content."""
    with pytest.raises(expected):
        told(json.dumps(body).encode(), streaming=False)
