"""The answer that an attempt puts together, and the events that tell of its growth."""

from typing import Any

import pytest

from attempts import attempt
from llmrpc.assembler import Assembler
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server import errors
from llmrpc_server.providers.answer import MAX_ANSWER_CHARACTERS, Answer

STOP = completion_pb2.FINISH_REASON_STOP
Part = message_pb2.ContentPart

CALL = Part(tool_call=message_pb2.ToolCall(id="call_1", name="look"))
ITEM = Part(provider_part=message_pb2.ProviderPart(kind="openai", type="search", json="{}"))
PICTURE = Part(media=message_pb2.Media(mime_type="image/png", data=b"\x89"))
SOURCE = message_pb2.Citation(uri="https://example.com", title="Sky")
TOKEN = completion_pb2.TokenLogprob(token="Hi", logprob=-0.5)


@pytest.fixture
def answer() -> Answer:
    """Make the answer of a streamed call."""
    return Answer(attempt())


def news(answer: Answer) -> list[tuple[str, int, str]]:
    """List what is new: what happened, to which part, with which text."""
    found: list[tuple[str, int, str]] = []
    for event in answer.news():
        kind = event.WhichOneof("event") or ""
        text = event.part_delta.text if kind == "part_delta" else ""
        index = getattr(getattr(event, kind), "part_index", 0)
        found.append((kind, index, text))
    return found


def completed(answer: Answer) -> completion_pb2.CompleteResponse:
    """End the answer and return it."""
    answer.end(STOP, provider_finish="stop")
    answer.close()
    return answer.completed().completed


def test_a_part_starts_grows_and_ends(answer: Answer) -> None:
    """A part's deltas stand between its start, which says of what kind it is, and its end."""
    index = answer.start(Part(text=""))
    (started,) = answer.news()
    answer.grow(index, "Hi")
    answer.finish_part(index)

    assert ("text", "") == (started.part_started.part.WhichOneof("kind"), started.part_started.part.text)
    assert [("part_delta", 0, "Hi"), ("part_finished", 0, "")] == news(answer)


def test_what_came_together_leaves_together(answer: Answer) -> None:
    """Deltas of one part since the last time are one event; nothing new is no event."""
    index = answer.start(Part(text=""))
    for piece in ("a", "", "b", "c"):
        answer.grow(index, piece)

    assert [("part_started", 0, ""), ("part_delta", 0, "abc")] == news(answer)
    assert [] == news(answer)
    answer.grow(index, "")
    assert [] == news(answer)
    answer.grow(index, "d")
    assert [("part_delta", 0, "d")] == news(answer)


def test_parts_may_interleave(answer: Answer) -> None:
    """Deltas of several parts keep their order, and each part its own text."""
    first, second = answer.start(Part(text="")), answer.start(Part(text=""))
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
    assert ["abc", "x"] == [part.text for part in completed(answer).message.parts]


def test_a_part_that_starts_ends_the_delta_before(answer: Answer) -> None:
    """What grew before a part starts is told before it."""
    answer.grow(answer.start(Part(text="")), "a")
    answer.grow(answer.start(Part(text="")), "x")

    assert ["part_started", "part_delta", "part_started", "part_delta"] == [kind for kind, _, _ in news(answer)]


@pytest.mark.parametrize(
    ("start", "piece", "delta", "whole"),
    [
        (Part(text=""), "Hi", {"text": "Hi"}, Part(text="Hi")),
        (Part(text="O"), "h", {"text": "h"}, Part(text="Oh")),
        (Part(refusal=""), "No", {"refusal": "No"}, Part(refusal="No")),
        (
            Part(reasoning=message_pb2.Reasoning()),
            "So",
            {"reasoning": "So"},
            Part(reasoning=message_pb2.Reasoning(text="So")),
        ),
        (
            CALL,
            '{"a"',
            {"tool_arguments_json": '{"a"'},
            Part(tool_call=message_pb2.ToolCall(id="call_1", name="look", arguments_json='{"a"')),
        ),
        (
            PICTURE,
            b"PNG",
            {"media_data": b"PNG"},
            Part(media=message_pb2.Media(mime_type="image/png", data=b"\x89PNG")),
        ),
    ],
    ids=["text", "text that began", "refusal", "reasoning", "tool call", "media"],
)
def test_every_kind_grows(answer: Answer, start: Part, piece: Any, delta: dict[str, Any], whole: Part) -> None:
    """A part of any kind grows by its own sort of delta, and is whole in the end."""
    answer.grow(answer.start(start), piece)

    events = answer.news()

    assert completion_pb2.PartDelta(part_index=0, **delta) == events[1].part_delta
    assert [whole] == list(completed(answer).message.parts)


def test_what_is_said_without_bounds(answer: Answer) -> None:
    """Where a format does not tell where parts begin, another voice begins one; nothing said begins none."""
    for voice, text in (("reasoning", "So"), ("reasoning", "."), ("text", ""), ("text", "Hi"), ("refusal", "No")):
        answer.say(voice, text)  # type: ignore[arg-type]

    parts = completed(answer).message.parts

    assert ["reasoning", "text", "refusal"] == [part.WhichOneof("kind") for part in parts]
    assert ("So.", "Hi", "No") == (parts[0].reasoning.text, parts[1].text, parts[2].refusal)


def test_a_finished_part_is_not_taken_up_again(answer: Answer) -> None:
    """What is said after a part's end begins another; an end told twice is one."""
    index = answer.say("text", "a")
    assert index is not None
    answer.finish_part(index)
    answer.finish_part(index)
    answer.say("text", "b")

    assert ["a", "b"] == [part.text for part in completed(answer).message.parts]
    assert [0, 1] == [index for kind, index, _ in news(answer) if kind == "part_finished"]


def test_the_end_ends_every_part(answer: Answer) -> None:
    """Parts that the provider left open are finished in their order."""
    answer.start(Part(text=""))
    answer.start(CALL)
    answer.close()

    assert [0, 1] == [index for kind, index, _ in news(answer) if kind == "part_finished"]


def test_a_source(answer: Answer) -> None:
    """A citation is told where it came, and stands in the whole part."""
    index = answer.start(Part(text=""))
    answer.grow(index, "Blue")
    answer.cite(index, SOURCE)
    answer.grow(index, ".")

    deltas = [event.part_delta for event in answer.news()[1:]]

    assert ["text", "citation", "text"] == [delta.WhichOneof("delta") for delta in deltas]
    assert SOURCE == deltas[1].citation
    assert [Part(text="Blue.", citations=[SOURCE])] == list(completed(answer).message.parts)


def test_log_probabilities(answer: Answer) -> None:
    """They travel with the text that they belong to, and all of them stand in the answer."""
    index = answer.start(Part(text=""))
    answer.grow(index, "Hi")
    answer.tell_logprobs(index, [TOKEN])
    answer.tell_logprobs(index, [])

    delta = answer.news()[1].part_delta

    assert ("Hi", [TOKEN]) == (delta.text, list(delta.logprobs))
    assert [TOKEN] == list(completed(answer).logprobs)


def test_log_probabilities_of_another_part(answer: Answer) -> None:
    """Growth of another part is told first."""
    first, second = answer.start(Part(text="")), answer.start(Part(text=""))
    answer.grow(second, "x")
    answer.tell_logprobs(first, [TOKEN])

    deltas = [event.part_delta for event in answer.news()[2:]]

    assert [(1, "x", 0), (0, "", 1)] == [(delta.part_index, delta.text, len(delta.logprobs)) for delta in deltas]


def test_log_probabilities_alone(answer: Answer) -> None:
    """Those that come without growth come in a delta of nothing, which is of the part's own sort all the same."""
    thought = answer.start(Part(reasoning=message_pb2.Reasoning()))
    answer.grow(thought, "Hm")
    answer.news()
    answer.tell_logprobs(thought, [TOKEN])

    (event,) = answer.news()

    assert ("reasoning", "") == (event.part_delta.WhichOneof("delta"), event.part_delta.reasoning)
    assert [TOKEN] == list(event.part_delta.logprobs)
    assert "Hm" == completed(answer).message.parts[0].reasoning.text


def test_the_providers_own_state(answer: Answer) -> None:
    """What a part's place does not hold goes out with its end, and stands in the whole part; it names its maker."""
    index = answer.start(Part(reasoning=message_pb2.Reasoning()))
    answer.keep(index, signature="abc")
    answer.keep(index, n=1)
    answer.finish_part(index)

    expected = message_pb2.ProviderState(kind="openai", model="model", data=b'{"signature":"abc","n":1}')
    assert expected == answer.news()[1].part_finished.provider_state
    assert expected == completed(answer).message.parts[0].provider_state


def test_an_unstreamed_call_tells_nothing() -> None:
    """Nobody hears the events of a call that wants its answer whole; the answer is the same."""
    answer = Answer(attempt(streaming=False))
    index = answer.start(Part(text=""))
    answer.grow(index, "Hi")
    answer.cite(index, SOURCE)
    answer.tell_logprobs(index, [TOKEN])

    response = completed(answer)

    assert [] == answer.news()
    assert ([Part(text="Hi", citations=[SOURCE])], [TOKEN]) == (list(response.message.parts), list(response.logprobs))


def test_a_picture_by_address(answer: Answer) -> None:
    """A medium that did not grow keeps its address."""
    picture = Part(media=message_pb2.Media(mime_type="image/png", uri="https://example.com/x.png"))
    answer.start(picture)

    assert [picture] == list(completed(answer).message.parts)


def test_events_add_up_to_the_answer(answer: Answer) -> None:
    """Whoever appends the events has the message of the last one."""
    assembler = Assembler()
    events = []
    answer.say("reasoning", "So")
    answer.keep(0, signature="x")
    first, second = answer.start(CALL), answer.start(CALL)
    for index, piece in ((first, "{"), (second, "[1"), (first, "}"), (second, "]")):
        answer.grow(index, piece)
        events += answer.news()
    answer.start(ITEM)
    answer.grow(answer.start(PICTURE), b"PNG")
    answer.cite(answer.say("text", "Blue") or 0, SOURCE)
    answer.close()
    events += answer.news()
    for sequence, event in enumerate(events, start=1):
        event.sequence = sequence
        assembler.add(event)

    assert answer.completed().completed.message == assembler.message


@pytest.mark.parametrize("size", [MAX_ANSWER_CHARACTERS // 2])
def test_an_answer_without_end(answer: Answer, size: int) -> None:
    """An answer that no message could hold is the provider's failure, in whichever way it grows."""
    index = answer.start(Part(text=""))
    answer.grow(index, "x" * size)
    huge = message_pb2.ProviderPart(kind="openai", type="x", json="x" * size)

    with pytest.raises(errors.ProviderBadResponse):
        answer.start(Part(provider_part=huge))
