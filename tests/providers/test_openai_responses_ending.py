"""How answers of Responses end, well or badly."""

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import errors
from providers.openai_responses_bodies import (
    CALL,
    MESSAGE,
    SEARCH,
    USAGE,
    Fields,
    body,
    call,
    end,
    message,
    response,
    stream,
    told,
)

NO: Fields = {**MESSAGE, "content": [{"type": "refusal", "refusal": "No."}]}
LIMIT: Fields = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
FAILURE: Fields = {"code": "server_error", "message": "sk-secret"}

Finish = completion_pb2.FinishReason


@pytest.mark.parametrize(
    ("items", "fields", "finish", "word"),
    [
        ([MESSAGE], {}, Finish.FINISH_REASON_STOP, "completed"),
        ([], {}, Finish.FINISH_REASON_STOP, "completed"),
        ([MESSAGE, CALL], {}, Finish.FINISH_REASON_TOOL_CALLS, "completed"),
        ([SEARCH], {}, Finish.FINISH_REASON_STOP, "completed"),
        ([NO], {}, Finish.FINISH_REASON_REFUSAL, "completed"),
        ([MESSAGE], LIMIT, Finish.FINISH_REASON_MAX_TOKENS, "max_output_tokens"),
        ([CALL], LIMIT, Finish.FINISH_REASON_MAX_TOKENS, "max_output_tokens"),
        (
            [MESSAGE],
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            Finish.FINISH_REASON_CONTENT_FILTER,
            "content_filter",
        ),
        (
            [MESSAGE],
            {"status": "incomplete", "incomplete_details": {"reason": "steered"}},
            Finish.FINISH_REASON_OTHER,
            "steered",
        ),
        ([MESSAGE], {"status": "incomplete"}, Finish.FINISH_REASON_MAX_TOKENS, "incomplete"),
    ],
)
def test_why_it_ended(items: list[Fields], fields: Fields, finish: Finish.ValueType, word: str) -> None:
    """The status says it, the reason of an answer that lacks its end, a refusal, or a call of a tool."""
    for sent in (body(*items, **fields), stream(end(*items, **fields))):
        answer = told(sent)

        assert (finish, word) == (answer.response.finish_reason, answer.response.provider_finish_reason)


def test_a_status_that_was_not_brought_up_to_date() -> None:
    """Then the event says how a stream ended."""
    ended = {"type": "response.incomplete", "response": response(MESSAGE, status="in_progress")}

    assert "incomplete" == told(stream(ended)).response.provider_finish_reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FAILURE, errors.ProviderFailed),
        ({"code": "rate_limit_exceeded", "message": ""}, errors.ProviderRateLimited),
        ({"code": "insufficient_quota", "message": ""}, errors.ProviderQuotaExhausted),
        ({"code": "context_length_exceeded", "message": ""}, errors.ContextLengthExceeded),
        (None, errors.ProviderFailed),
        ("it broke", errors.ProviderFailed),
    ],
)
def test_failures(error: object, expected: type[errors.ProviderError]) -> None:
    """A response that failed is the error that its code means, without the vendor's words."""
    failed = end(status="failed", error=error)
    for sent in (body(status="failed", error=error), stream(failed), stream(*message(), failed)):
        with pytest.raises(expected) as caught:
            told(sent)

        assert "sk-secret" not in caught.value.message


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "rate_limit_exceeded", "message": "sk-secret", "param": None, "sequence_number": 1},
        {"type": "error", "error": {"type": "x", "code": "rate_limit_exceeded", "message": "sk-secret"}},
        {"error": {"code": "rate_limit_exceeded"}},
        {"error": {"code": 429}},
        {"type": "response.error", "error": {"code": "rate_limit_exceeded", "message": "sk-secret"}},
        {"type": "response.failed", "error": {"code": "rate_limit_exceeded", "message": "sk-secret"}},
    ],
)
def test_error_events(event: Fields) -> None:
    """An error in the stream fails the call, in whichever form it comes, also after output."""
    for sent in (stream(event), stream(*message(), event, end(MESSAGE))):
        with pytest.raises(errors.ProviderRateLimited) as caught:
            told(sent)

        assert "sk-secret" not in caught.value.message


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_failure_has_a_price(status: str) -> None:
    """The counts and the model of a response that failed are known."""
    attempted = accounting_pb2.Attempt()
    with pytest.raises(errors.ProviderFailed):
        told(body(status=status, usage=USAGE), attempted=attempted)

    assert ("m-1", 10) == (attempted.target.reported_model, attempted.usage.input_tokens)


def test_the_model_is_known_from_the_start() -> None:
    """An answer that breaks off leaves the name of the model that gave it."""
    attempted = accounting_pb2.Attempt()
    created = {"type": "response.created", "response": response(status="in_progress")}
    with pytest.raises(errors.ProviderStreamTruncated):
        told(stream(created, *call()), attempted=attempted)

    assert "m-1" == attempted.target.reported_model


@pytest.mark.parametrize("length", range(7))
def test_a_stream_that_breaks_off(length: int) -> None:
    """Without its last event an answer is not whole."""
    with pytest.raises(errors.ProviderStreamTruncated):
        told(stream(*message()[:length]) + b": warm\n\n")


def test_the_end_marker_of_another_format() -> None:
    """It says nothing here."""
    with pytest.raises(errors.ProviderStreamTruncated):
        told(stream(*message()) + b"data: [DONE]\n\n")
    assert [("text", "Hi there")] == told(stream(*message(), end(MESSAGE)) + b"data: [DONE]\n\n").said


@pytest.mark.parametrize("status", ["queued", "in_progress", "x_new", None])
def test_an_answer_that_is_not_there_yet(status: str | None) -> None:
    """A response that is under way is none."""
    with pytest.raises(errors.ProviderBadResponse):
        told(body(MESSAGE, status=status))


def test_a_response_without_output() -> None:
    """An unstreamed one must have some, if only none."""
    with pytest.raises(errors.ProviderBadResponse):
        told(b'{"id": "resp_1", "status": "completed"}')
