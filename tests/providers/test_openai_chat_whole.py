"""An unstreamed answer of Chat Completions."""

import json
from typing import Any

import pytest

from llmrpc_server import errors
from providers.openai_chat_bodies import DONE, FRAME, Fields, calling, chunk, events, piece, told, whole


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"content": "Hi"}, [("text", "Hi")]),
        ({"content": ""}, []),
        ({"content": None}, []),
        ({}, []),
        ({"content": None, "refusal": "No."}, [("refusal", "No.")]),
        ({"content": "Hi", "reasoning_content": "Hm."}, [("reasoning", "Hm."), ("text", "Hi")]),
        (
            {"content": "Hi", **calling(piece(None, "1", "look", "{}"), piece(None, "2", "look", '{"a": 1.0}'))},
            [("text", "Hi"), ("tool_call", "1 look {}"), ("tool_call", '2 look {"a": 1.0}')],
        ),
        # An index or an id that two calls share.
        (
            calling(piece(0, "1", "look", "{}"), piece(0, "1", "find", "[]")),
            [("tool_call", "1 look {}"), ("tool_call", "1 find []")],
        ),
        (calling(piece(None, "1", "look", {"b": 1.10, "a": None})), [("tool_call", '1 look {"b":1.1,"a":null}')]),
        (calling(piece(None, "1", "look", "")), [("tool_call", "1 look ")]),
        (calling({"id": "1", "custom": {"name": "write", "input": "x"}}), [("tool_call", "1 write x")]),
        ({"content": None, "tool_calls": None, "annotations": None, "audio": None, "function_call": None}, []),
    ],
)
def test_parts(message: Fields, said: list[tuple[str, str]]) -> None:
    """Reasoning, text, refusal and tool calls are parts, in this order; what is empty is none."""
    for streaming in (True, False):
        assert said == told(whole(message), streaming=streaming).said


@pytest.mark.parametrize(
    ("finish", "message", "ended"),
    [
        ("stop", {"content": "Hi"}, "STOP"),
        ("eos", {"content": "Hi"}, "STOP"),
        ("length", {"content": "Hi"}, "MAX_TOKENS"),
        ("model_length", {"content": "Hi"}, "MAX_TOKENS"),
        ("tool_calls", calling(piece(0, "1", "look", "{}")), "TOOL_CALLS"),
        ("function_call", {"function_call": {"name": "look", "arguments": "{}"}}, "TOOL_CALLS"),
        ("content_filter", {"content": "Hi"}, "CONTENT_FILTER"),
        ("refusal", {"content": "Hi"}, "REFUSAL"),
        ("of_the_future", {"content": "Hi"}, "OTHER"),
        (None, {"content": "Hi"}, "OTHER"),
        # What the answer holds says more than the word.
        ("stop", calling(piece(0, "1", "look", "{}")), "TOOL_CALLS"),
        (None, calling(piece(0, "1", "look", "{}")), "TOOL_CALLS"),
        ("stop", {"refusal": "No."}, "REFUSAL"),
        (None, {"refusal": "No."}, "REFUSAL"),
        ("length", {"refusal": "N"}, "MAX_TOKENS"),
    ],
)
def test_why_it_ends(finish: str | None, message: Fields, ended: str) -> None:
    """Each vendor's word means one of ours, and is kept."""
    assert (ended, finish or "") == told(whole(message, finish=finish)).ended


def test_a_filter_can_leave_the_reason_alone() -> None:
    """An answer without a message is one if it says why."""
    answer = told(whole(finish="content_filter"))

    assert ([], ("CONTENT_FILTER", "content_filter")) == (answer.said, answer.ended)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"stop_reason": "END"}, "END"),
        ({"matched_stop": "END"}, "END"),
        ({"stop_reason": 7}, ""),
        ({"stop_reason": None}, ""),
        ({}, ""),
    ],
)
def test_the_stop_sequence(choice: Fields, expected: str) -> None:
    """Some servers tell which sequence ended the answer; a token's number is none."""
    assert expected == told(whole({"content": "Hi"}, choice=choice)).response.stop_sequence


def test_other_choices_are_ignored() -> None:
    """One answer was asked for: the choice of index 0, wherever it stands."""
    others: list[Any] = [{"index": 1, "message": {"content": "B"}}, {"index": 0, "message": {"content": "A"}}]

    assert [("text", "A")] == told(whole(choices=others)).said


def test_a_delta_in_place_of_the_message() -> None:
    """Some vendors put a whole answer into a delta, and some a message into a stream."""
    assert [("text", "Hi")] == told(whole(choice={"delta": {"content": "Hi"}})).said
    assert [("text", "Hi")] == told(whole({"content": "Hi"}, choice={"delta": {"content": "H"}})).said
    message = {"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}
    assert [("text", "Hi")] == told(events(chunk(choices=[message]), "[DONE]")).said


def test_a_text_in_place_of_the_message() -> None:
    """An old completion says its text without a message, whole or in pieces."""
    whole_one = {"index": 0, "finish_reason": "stop", "text": "Hi"}
    pieces = [{"index": 0, "text": "H"}, {"index": 0, "text": "i"}, {"index": 0, "text": "", "finish_reason": "stop"}]
    streamed = events(*[{**FRAME, "choices": [piece]} for piece in pieces], DONE)

    for body in (json.dumps({**FRAME, "choices": [whole_one]}).encode(), streamed):
        assert [("text", "Hi")] == told(body).said


def test_the_model() -> None:
    """The model is the one that is told, if it is."""
    assert "m-1" == told(whole({"content": "Hi"})).attempt.target.reported_model
    assert "" == told(whole({"content": "Hi"}, model=None)).attempt.target.reported_model


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"error": {"message": "Provider returned error", "code": 524}}, errors.ProviderTimeout),
        ({"error": {"code": "context_length_exceeded"}}, errors.ContextLengthExceeded),
        ({"error": "prompt is too long"}, errors.ContextLengthExceeded),
        ({"error": True}, errors.ProviderFailed),
        ({"choices": [{"error": {"code": 429}}]}, errors.ProviderRateLimited),
        ({"choices": [{"message": {"content": "Hi"}, "finish_reason": "error"}]}, errors.ProviderFailed),
        ({"choices": [{"finish_reason": "insufficient_system_resource"}]}, errors.ProviderOverloaded),
    ],
)
def test_an_error_in_a_good_answer(fields: Fields, expected: type[errors.ProviderError]) -> None:
    """An error object fails the answer, whatever else is in it; so does a finish reason that says that it broke."""
    with pytest.raises(errors.ProviderError) as failed:
        told(whole({"content": "Hi"}, **fields))

    assert expected is type(failed.value)


def test_an_object_that_is_an_error() -> None:
    """Servers with an older vLLM send the error itself as the answer."""
    body = {"object": "error", "message": "maximum context length is 9", "type": "BadRequestError", "code": 400}

    with pytest.raises(errors.ContextLengthExceeded):
        told(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1000, errors.ProviderFailed),
        (1001, errors.ProviderTimeout),
        (1002, errors.ProviderRateLimited),
        (1004, errors.ProviderCredentials),
        (1008, errors.ProviderQuotaExhausted),
        (1026, errors.ContentPolicy),
        (1039, errors.ProviderRateLimited),
        (2013, errors.ProviderInvalidRequest),
        (2049, errors.ProviderCredentials),
        (2056, errors.ProviderQuotaExhausted),
        (987654, errors.ProviderFailed),
        ("down", errors.ProviderFailed),
    ],
)
@pytest.mark.parametrize("choices", [{}, {"choices": None}, {"choices": []}])
def test_an_error_as_minimax_tells_it(number: Any, expected: type[errors.ProviderError], choices: Fields) -> None:
    """A number beside an empty answer is an error, and which one."""
    body = {"id": "1", "model": "M2", **choices, "base_resp": {"status_code": number, "status_msg": "said"}}

    with pytest.raises(errors.ProviderError) as failed:
        told(json.dumps(body).encode())
    assert expected is type(failed.value)


@pytest.mark.parametrize("empty", [None, {}, "down", {"status_code": 0, "status_msg": ""}, {"status_code": None}])
def test_no_error_of_minimax(empty: Any) -> None:
    """Zero, or nothing, in its place is none."""
    assert [("text", "Hi")] == told(whole({"content": "Hi"}, base_resp=empty)).said


@pytest.mark.parametrize("error", [None, False, "", {}])
def test_no_error(error: Any) -> None:
    """Nothing in the place of an error is none."""
    assert [("text", "Hi")] == told(whole({"content": "Hi"}, error=error)).said
