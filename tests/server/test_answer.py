"""The answer that an attempt puts together, and the events that tell of its growth."""

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call, Principal
from llmrpc_server.providers.answer import Answer

STOP = completion_pb2.FINISH_REASON_STOP


async def nothing() -> None:
    """Commit to nothing."""


@pytest.fixture
def call() -> Call:
    """Make a call with one attempt under way."""
    request = completion_pb2.CompleteRequest()
    call = Call("1", request, streaming=True, principal=Principal(), commit=nothing, deadline=None)
    call.attempts.append(accounting_pb2.Attempt(number=1))
    return call


def news(answer: Answer) -> list[tuple[str, int, str]]:
    """List what is new: what happened, to which part, with which text."""
    found: list[tuple[str, int, str]] = []
    for event in answer.news():
        kind = event.WhichOneof("event") or ""
        text = event.part_delta.text if kind == "part_delta" else ""
        found.append((kind, getattr(event, kind).part_index, text))
    return found


def test_a_part_starts_grows_and_ends(call: Call) -> None:
    """A part's deltas stand between its start, which says that it is text, and its end."""
    answer = Answer(call)
    index = answer.start_text()
    (started,) = answer.news()
    answer.grow(index, "Hi")
    answer.finish_part(index)

    assert ("text", "") == (started.part_started.part.WhichOneof("kind"), started.part_started.part.text)
    assert [("part_delta", 0, "Hi"), ("part_finished", 0, "")] == news(answer)


def test_what_came_together_leaves_together(call: Call) -> None:
    """Deltas of one part since the last time are one event; nothing new is no event."""
    answer = Answer(call)
    index = answer.start_text()
    for piece in ("a", "", "b", "c"):
        answer.grow(index, piece)

    assert [("part_started", 0, ""), ("part_delta", 0, "abc")] == news(answer)
    assert [] == news(answer)
    answer.grow(index, "")
    assert [] == news(answer)
    answer.grow(index, "d")
    assert [("part_delta", 0, "d")] == news(answer)


def test_parts_may_interleave(call: Call) -> None:
    """Deltas of several parts keep their order, and each part its own text."""
    answer = Answer(call)
    first, second = answer.start_text(), answer.start_text()
    for index, piece in ((first, "a"), (first, "b"), (second, "x"), (first, "c")):
        answer.grow(index, piece)
    answer.finish_part(second)
    answer.finish_part(first)

    assert [
        ("part_started", 0, ""),
        ("part_started", 1, ""),
        ("part_delta", 0, "ab"),
        ("part_delta", 1, "x"),
        ("part_delta", 0, "c"),
        ("part_finished", 1, ""),
        ("part_finished", 0, ""),
    ] == news(answer)
    message = answer.completed(STOP, provider_finish="stop").completed.message
    assert ["abc", "x"] == [part.text for part in message.parts]


def test_a_part_that_starts_ends_the_delta_before(call: Call) -> None:
    """What grew before a part starts is told before it."""
    answer = Answer(call)
    answer.grow(answer.start_text(), "a")
    answer.grow(answer.start_text(), "x")

    assert ["part_started", "part_delta", "part_started", "part_delta"] == [kind for kind, _, _ in news(answer)]


def test_completed(call: Call) -> None:
    """The last event has the whole message, whatever of it was told, and why it ended."""
    answer = Answer(call)
    answer.grow(answer.start_text(), "Hi")

    response = answer.completed(STOP, provider_finish="stop_sequence", stop_sequence="\n").completed

    assert (message_pb2.ROLE_ASSISTANT, ["Hi"]) == (
        response.message.role,
        [part.text for part in response.message.parts],
    )
    assert (STOP, "stop_sequence", "\n") == (
        response.finish_reason,
        response.provider_finish_reason,
        response.stop_sequence,
    )
    assert response.HasField("create_time")
    assert "text" == response.message.parts[0].WhichOneof("kind")


def test_reported(call: Call) -> None:
    """The attempt notes who answered and the provider's id; what is not told changes nothing."""
    answer = Answer(call)
    answer.reported(model="gpt-4o-2024-08-06", request_id="req_1")
    answer.reported()
    answer.reported(model="", request_id="")

    assert ("gpt-4o-2024-08-06", "req_1") == (
        call.attempt.target.reported_model,
        call.attempt.provider_request_id,
    )


def test_used(call: Call) -> None:
    """The attempt notes the provider's counts; zero is a count, and what is not told stays unset."""
    answer = Answer(call)
    answer.used(input_tokens=5, output_tokens=0, cache_read_tokens=0, reasoning_tokens=None)

    usage = call.attempt.usage
    assert (5, 0, accounting_pb2.USAGE_SOURCE_PROVIDER) == (usage.input_tokens, usage.output_tokens, usage.source)
    assert (True, False) == (usage.HasField("cache_read_tokens"), usage.HasField("reasoning_tokens"))


def test_the_last_counts_hold(call: Call) -> None:
    """Counts come again and again in a stream: each report stands for all before it."""
    answer = Answer(call)
    answer.used(input_tokens=5, cache_read_tokens=1)
    answer.used(input_tokens=5, output_tokens=9)

    assert (5, 9) == (call.attempt.usage.input_tokens, call.attempt.usage.output_tokens)
    assert not call.attempt.usage.HasField("cache_read_tokens")


@pytest.mark.parametrize("count", [-1, 2**63 - 1, 2**63, 10**30])
def test_what_is_no_count_is_left_out(call: Call, count: int) -> None:
    """A count that makes no sense must not fail an answer that is paid for."""
    answer = Answer(call)
    answer.used(input_tokens=count, output_tokens=9, audio_input_tokens=count)

    assert (0, 9) == (call.attempt.usage.input_tokens, call.attempt.usage.output_tokens)
    assert not call.attempt.usage.HasField("audio_input_tokens")
