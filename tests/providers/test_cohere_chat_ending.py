"""How an answer of Cohere's ends: why, what it used, or that it failed."""

import json
from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import errors
from providers.cohere_bodies import START, Fields, block, chat, delta, end, stream, told

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def both(finish: str | None, **fields: Any) -> list[bytes]:
    """Write a short answer that ends so: whole, and as a stream."""
    content = [{"type": "text", "text": "Hi"}]
    return [
        chat({"content": content}, finish_reason=finish, **fields),
        stream(START, *block(0, "text", "Hi"), end(finish, **fields)),
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("COMPLETE", completion_pb2.FINISH_REASON_STOP),
        ("STOP_SEQUENCE", completion_pb2.FINISH_REASON_STOP),
        ("MAX_TOKENS", completion_pb2.FINISH_REASON_MAX_TOKENS),
        ("TOOL_CALL", completion_pb2.FINISH_REASON_TOOL_CALLS),
        ("TIRED", completion_pb2.FINISH_REASON_OTHER),
        (None, completion_pb2.FINISH_REASON_OTHER),
    ],
)
def test_why_it_ends(word: str | None, reason: completion_pb2.FinishReason.ValueType) -> None:
    """Cohere's word for the end has one of ours, and stands beside it."""
    for body in both(word):
        response = told(body).response
        assert (reason, word or "") == (response.finish_reason, response.provider_finish_reason)


@pytest.mark.parametrize("word", ["COMPLETE", None])
def test_tool_calls_are_what_is_left_to_do(word: str | None) -> None:
    """An answer that is complete but holds tool calls waits for their results."""
    whole = chat({"tool_calls": [CALL]}, finish_reason=word)
    streamed = stream(START, delta("tool-call-start", 0, tool_calls=CALL), {"type": "tool-call-end"}, end(word))

    for body in (whole, streamed):
        assert completion_pb2.FINISH_REASON_TOOL_CALLS == told(body).response.finish_reason


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (
            {
                "billed_units": {"input_tokens": 1, "output_tokens": 2},
                "tokens": {"input_tokens": 10, "output_tokens": 20, "reasoning_tokens": 5},
                "cached_tokens": 4,
            },
            {"input_tokens": 10, "output_tokens": 20, "reasoning_tokens": 5, "cache_read_tokens": 4},
        ),
        (
            {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": None},
            {"input_tokens": 1, "output_tokens": 2},
        ),
        (
            {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {}},
            {"input_tokens": 1, "output_tokens": 2},
        ),
        ({"tokens": {"input_tokens": 10.0, "output_tokens": "20"}}, {"input_tokens": 10, "output_tokens": 20}),
    ],
)
def test_usage(usage: Fields, counts: dict[str, int]) -> None:
    """What the model read and wrote is counted, else what is billed; Cohere's input includes what was cached."""
    expected = accounting_pb2.Usage(source=accounting_pb2.USAGE_SOURCE_PROVIDER, **counts)

    for body in both("COMPLETE", usage=usage):
        assert expected == told(body).usage


@pytest.mark.parametrize("usage", [{}, {"tokens": {"input_tokens": -1, "output_tokens": 2**70}}])
def test_a_usage_that_tells_nothing(usage: Fields) -> None:
    """Counts that are not there, or cannot be, are not known."""
    for body in both("COMPLETE", usage=usage):
        assert accounting_pb2.Usage() == told(body).usage


def test_no_usage() -> None:
    """Counts that the provider does not tell stay unknown."""
    for body in both("COMPLETE", usage=None):
        assert accounting_pb2.Usage() == told(body).usage


@pytest.mark.parametrize(
    ("word", "error", "expected"),
    [
        ("ERROR", None, errors.ProviderFailed),
        ("ERROR", "something broke", errors.ProviderFailed),
        ("COMPLETE", "something broke", errors.ProviderFailed),
        (None, "something broke", errors.ProviderFailed),
        ("TIMEOUT", None, errors.ProviderTimeout),
        ("ERROR_TOXIC", "rude", errors.ContentPolicy),
    ],
)
def test_an_answer_that_failed(word: str | None, error: str | None, expected: type[errors.ProviderError]) -> None:
    """Words for a failed answer fail the call, what came before them notwithstanding; none of Cohere's are told."""
    bodies = both(word, error=error)
    for body in bodies if error is None else bodies[1:]:
        with pytest.raises(expected) as failed:
            told(body)
        assert "broke" not in failed.value.message


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "something broke"},
        {"id": "1", "message": "something broke"},
        {"error_type": "BROKEN", "message": ""},
        {"error": {"message": "something broke"}},
        {"error": "something broke"},
    ],
)
def test_an_error_in_place_of_an_answer(fields: Fields) -> None:
    """An error fails the call wherever it stands, and none of its words are told."""
    bodies = [
        json.dumps(fields).encode(),
        stream(START, *block(0, "text", "Hi"), fields),
        stream(START, {**fields, "type": "error"}),
    ]
    for body in bodies:
        with pytest.raises(errors.ProviderFailed) as failed:
            told(body)
        assert "broke" not in failed.value.message


@pytest.mark.parametrize(
    "body",
    [
        stream(START),
        stream(START, *block(0, "text", "Hi")),
        stream(START, *block(0, "text", "Hi")) + b"data: [DONE]\n\n",
        stream(START, *block(0, "text", "Hi"), end())[:-3],
        b"",
    ],
)
def test_a_stream_that_is_cut(body: bytes) -> None:
    """Nothing but the event that ends the message makes an answer whole."""
    with pytest.raises(errors.ProviderStreamTruncated):
        told(body)
