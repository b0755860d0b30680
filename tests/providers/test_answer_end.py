"""How an answer ends: why, with what beside its parts, and what the attempt noted of it."""

import pytest

from attempts import attempt
from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer

STOP = completion_pb2.FINISH_REASON_STOP
OTHER = completion_pb2.FINISH_REASON_OTHER
TOOL_CALLS = completion_pb2.FINISH_REASON_TOOL_CALLS
Part = message_pb2.ContentPart

CALL = Part(tool_call=message_pb2.ToolCall(id="call_1", name="look"))
ITEM = Part(provider_part=message_pb2.ProviderPart(kind="openai", type="search", json="{}"))


@pytest.fixture
def call() -> Call:
    """Make a streamed call with an attempt under way."""
    return attempt()


@pytest.fixture
def answer(call: Call) -> Answer:
    """Make its answer."""
    return Answer(call)


def test_metadata(answer: Answer) -> None:
    """Fields without a place of their own are one JSON object: later values hold, but null replaces nothing."""
    answer.note({})
    answer.note({"id": "1", "usage": {"tier": "a"}, "seen": None})
    answer.note({"id": None, "usage": {"cost": 2}})

    assert '{"id":"1","usage":{"tier":"a","cost":2},"seen":null}' == answer.completed().completed.provider_metadata_json


def test_no_metadata(answer: Answer) -> None:
    """Where there are none, the field is empty."""
    assert not answer.completed().completed.provider_metadata_json


@pytest.mark.parametrize(
    ("part", "finish", "word", "expected"),
    [
        (CALL, STOP, "stop", TOOL_CALLS),
        (CALL, OTHER, "", TOOL_CALLS),
        (CALL, completion_pb2.FINISH_REASON_MAX_TOKENS, "length", completion_pb2.FINISH_REASON_MAX_TOKENS),
        (CALL, OTHER, "strange", OTHER),
        (Part(text="Hi"), STOP, "stop", STOP),
        (Part(text="Hi"), OTHER, "", OTHER),
        (ITEM, STOP, "stop", STOP),
    ],
)
def test_an_answer_that_waits_for_its_tools(
    answer: Answer, part: Part, finish: completion_pb2.FinishReason.ValueType, word: str, expected: int
) -> None:
    """An answer with tool calls that just stops waits for their results, whatever word the provider has for it."""
    answer.start(part)
    answer.end(finish, provider_finish=word)

    assert (expected, word) == (
        answer.completed().completed.finish_reason,
        answer.completed().completed.provider_finish_reason,
    )


def test_completed(answer: Answer) -> None:
    """The last event has the whole message, whatever of it was told, and why it ended."""
    answer.grow(answer.start(Part(text="")), "Hi")
    answer.end(STOP, provider_finish="stop_sequence", stop_sequence="\n")

    response = answer.completed().completed

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
