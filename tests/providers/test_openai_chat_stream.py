"""A streamed answer of Chat Completions: chunks, and how it ends."""

from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2
from llmrpc_server import errors
from providers.openai_chat_bodies import DONE, FRAME, Fields, calling, chunk, events, piece, stream, told

USAGE: Fields = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}


@pytest.mark.parametrize(
    ("deltas", "said"),
    [
        ([{"role": "assistant", "content": ""}, {"content": "H"}, {"content": "i"}], [("text", "Hi")]),
        ([{"content": None}, {}, {"content": "Hi", "refusal": None}], [("text", "Hi")]),
        ([{"content": ""}], []),
        ([{"refusal": "N"}, {"refusal": "o."}], [("refusal", "No.")]),
        (
            [{"reasoning": "H"}, {"reasoning": "m."}, {"content": "Hi"}, {"reasoning": "So."}, {"content": "!"}],
            [("reasoning", "Hm."), ("text", "Hi"), ("reasoning", "So."), ("text", "!")],
        ),
        (
            [{"content": "I look."}, calling(piece(0, "1", "look", "{}")), {"content": "And wait."}],
            [("text", "I look."), ("tool_call", "1 look {}"), ("text", "And wait.")],
        ),
        # The call was named before the text, and grows after it.
        (
            [calling(piece(0, "1", "look", "")), {"content": "Wait."}, calling(piece(0, arguments="{}"))],
            [("tool_call", "1 look {}"), ("text", "Wait.")],
        ),
    ],
)
def test_parts(deltas: list[Fields], said: list[tuple[str, str]]) -> None:
    """What is said in one voice is one part; another voice, or a tool call, begins the next."""
    for streaming in (True, False):
        assert said == told(stream(*deltas), streaming=streaming).said


def test_the_caller_is_told_as_it_grows() -> None:
    """A voice that falls silent ends its part; a text stays open after a tool call, since sources may still come."""
    answer = told(stream({"reasoning": "Hm."}, {"content": "Hi"}, calling(piece(0, "1", "look", "{}"))))

    assert [
        ("part_started", 0),
        ("part_delta", 0),
        ("part_finished", 0),
        ("part_started", 1),
        ("part_delta", 1),
        ("part_started", 2),
        ("part_delta", 2),
        ("part_finished", 1),
        ("part_finished", 2),
    ] == [
        (kind, getattr(event, kind).part_index) for event in answer.events if (kind := event.WhichOneof("event") or "")
    ]


def test_other_choices_are_ignored() -> None:
    """One answer was asked for."""
    other = {"index": 1, "delta": {"content": "B"}, "finish_reason": "length"}

    assert [("text", "A")] == told(
        events(chunk({"content": "A"}), chunk(choices=[other]), chunk(finish="stop"), DONE)
    ).said


@pytest.mark.parametrize(
    "end",
    [
        [chunk(finish="stop"), {**FRAME, "choices": [], "usage": USAGE}, DONE],
        [chunk(finish="stop", usage=USAGE), DONE],
        [chunk(finish="stop"), chunk(usage=USAGE), DONE],
        [chunk(finish="stop", x_groq={"id": "req_1", "usage": USAGE}), DONE],
        [{**FRAME, "choices": [], "usage": USAGE}, chunk(finish="stop"), DONE],
        # Perplexity's own end, and the last chunk of a vendor that has none.
        [chunk(finish="stop", usage=USAGE, object="chat.completion.done")],
        [chunk(finish="stop", usage=USAGE)],
        [chunk(finish="stop", usage=USAGE), {**FRAME, "choices": []}, DONE],
    ],
)
def test_how_it_ends(end: list[Any]) -> None:
    """Vendors tell the finish reason, the counts and the end in several orders."""
    answer = told(events(chunk({"content": "Hi"}), *end))

    assert ([("text", "Hi")], ("STOP", "stop")) == (answer.said, answer.ended)
    assert (5, 9) == (answer.attempt.usage.input_tokens, answer.attempt.usage.output_tokens)


def test_an_answer_without_a_reason() -> None:
    """The end marker makes an answer whole, even where no reason was told."""
    assert ("OTHER", "") == told(stream({"content": "Hi"}, finish=None)).ended
    assert ("TOOL_CALLS", "") == told(stream(calling(piece(0, "1", "look", "{}")), finish=None)).ended


@pytest.mark.parametrize(
    "data",
    [
        [],
        [chunk({"content": "Hi"})],
        [chunk({"content": "Hi"}), chunk(finish="stop")],
        [chunk({"content": "Hi"}), chunk(finish="stop"), {**FRAME, "choices": [], "usage": USAGE}],
        [chunk({"content": "Hi"}, usage=USAGE)],
        [chunk({"content": "Hi"}), chunk(choices=[{"index": 1, "finish_reason": "stop"}], usage=USAGE)],
        [chunk({"content": "Hi"}, finish="stop", usage=USAGE), chunk({"content": "!"})],
    ],
)
def test_a_cut_stream(data: list[Any]) -> None:
    """Without the end marker an answer is not whole, but where one last chunk has both reason and counts."""
    with pytest.raises(errors.ProviderStreamTruncated):
        told(events(*data) or b"data:")


def test_a_vendor_without_an_done_message() -> None:
    """Where the configuration says so a stream may end after its finish reason, and not before."""
    ending = [chunk({"content": "Hi"}), chunk(finish="stop")]
    counts = {**FRAME, "choices": [], "usage": {**USAGE, "cost": 1}}

    assert [("text", "Hi")] == told(events(*ending), done_message=False).said
    assert {"cost": 1} == told(events(*ending, counts), done_message=False).metadata["usage"]
    with pytest.raises(errors.ProviderStreamTruncated):
        told(events(chunk({"content": "Hi"})), done_message=False)


def test_what_follows_the_end_is_nothing() -> None:
    """After the end marker nothing belongs to the answer."""
    assert [("text", "Hi")] == told(stream({"content": "Hi"}) + events(chunk({"content": "!"}), "{")).said


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (chunk(error={"code": 400, "message": "Token limit reached"}), errors.ProviderInvalidRequest),
        ({"error": {"message": "x", "type": "server_error", "code": None}}, errors.ProviderFailed),
        ({"error": {"message": "x", "type": "invalid_request_error"}}, errors.ProviderInvalidRequest),
        (chunk(choice={"error": {"code": 502}}), errors.ProviderUnavailable),
        (chunk(finish="error"), errors.ProviderFailed),
        (chunk(x_groq={"id": "req_1", "error": "stopped early"}), errors.ProviderFailed),
        (chunk(finish="abort"), errors.ProviderFailed),
        ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, errors.ProviderRateLimited),
    ],
)
def test_an_error_in_the_stream(data: Fields, expected: type[errors.ProviderError]) -> None:
    """An error fails the call even after a finish reason, and what the answer used is known."""
    attempted = accounting_pb2.Attempt()

    with pytest.raises(errors.ProviderError) as failed:
        told(
            events(chunk({"content": "Hi"}), chunk(finish="length"), {**data, "usage": USAGE}, DONE),
            attempted=attempted,
        )

    assert expected is type(failed.value)
    assert 9 == attempted.usage.output_tokens


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            '{"error": {"type": "invalid_request_error", "code": "x", "status_code": 400}}',
            errors.ProviderInvalidRequest,
        ),
        ('{"message": "overloaded", "code": 529}', errors.ProviderOverloaded),
        ("it broke", errors.ProviderFailed),
    ],
)
def test_an_error_event(data: str, expected: type[errors.ProviderError]) -> None:
    """An event of the name "error" is one, whatever its data."""
    with pytest.raises(errors.ProviderError) as failed:
        told(events(chunk({"content": "Hi"})) + f"event: error\ndata: {data}\n\n".encode())

    assert expected is type(failed.value)
