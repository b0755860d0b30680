"""Two attempts become one answer: indexes, white space, sources, log probabilities."""

from typing import Any

import pytest

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.attempts.continuation import PartialAnswer
from llmrpc_server.call import Event

Part = message_pb2.ContentPart
TEXT = Part(text="")
THOUGHT = Part(reasoning=message_pb2.Reasoning())


def started(index: int, part: Part = TEXT) -> Event:
    """Make the event."""
    return Event(part_started=completion_pb2.PartStarted(part_index=index, part=part))


def grown(index: int, text: str = "", **fields: Any) -> Event:
    """Make a delta of text, or of another kind."""
    made = {"text": text, **fields} if text else fields
    return Event(part_delta=completion_pb2.PartDelta(part_index=index, **made))


def finished(index: int) -> Event:
    """Make the event."""
    return Event(part_finished=completion_pb2.PartFinished(part_index=index))


def completed(*parts: Part, **fields: Any) -> Event:
    """Make the last event."""
    return Event(
        completed=completion_pb2.CompleteResponse(
            message=message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, parts=parts), **fields
        )
    )


def partial(*events: Event) -> PartialAnswer:
    """Make a partial answer."""
    made = PartialAnswer()
    for event in events:
        made.note(event)
    return made


def prefilled(made: PartialAnswer) -> str | None:
    """Return the text to go on from."""
    prefill = made.prefill()
    return None if prefill is None else prefill.parts[0].text


def test_text_goes_on_in_its_part() -> None:
    """The first text of the second attempt is more of the part that was being said."""
    continuation = partial(started(0), grown(0, "The sky")).continued()

    assert continuation.mapped(started(0)) is None
    assert grown(0, " is blue") == continuation.mapped(grown(0, " is blue"))
    assert finished(0) == continuation.mapped(finished(0))
    whole = continuation.mapped(completed(Part(text=" is blue")))
    assert whole is not None
    assert [Part(text="The sky is blue")] == list(whole.completed.message.parts)


def test_other_parts_follow() -> None:
    """They get indexes of their own, after those that the caller knows."""
    continuation = partial(started(0, THOUGHT), grown(0, reasoning="Hm."), finished(0), started(1), grown(1, "The"))
    going_on = continuation.continued()

    assert going_on.mapped(started(0, THOUGHT)) == started(2, THOUGHT)
    assert going_on.mapped(grown(0, reasoning="Ah.")) == grown(2, reasoning="Ah.")
    assert going_on.mapped(started(1)) is None
    assert going_on.mapped(grown(1, " sky")) == grown(1, " sky")
    thought = Part(reasoning=message_pb2.Reasoning(text="Ah."))
    whole = going_on.mapped(completed(thought, Part(text=" sky")))
    assert whole is not None
    assert ["Hm.", "The sky", "Ah."] == [part.text or part.reasoning.text for part in whole.completed.message.parts]


def test_a_part_that_had_ended_stays_as_it_is() -> None:
    """Then the second attempt's text is a part of its own."""
    going_on = partial(started(0), grown(0, "One."), finished(0)).continued()

    assert started(1) == going_on.mapped(started(0))
    whole = going_on.mapped(completed(Part(text="Two.")))
    assert whole is not None
    assert ["One.", "Two."] == [part.text for part in whole.completed.message.parts]


@pytest.mark.parametrize(
    ("deltas", "told"),
    [
        ([" blue"], ["blue"]),
        ([" ", "blue"], ["blue"]),
        (["blue"], ["blue"]),
        (["\n\nblue"], ["\n\nblue"]),
    ],
)
def test_white_space_is_not_said_twice(deltas: list[str], told: list[str]) -> None:
    """The model gets no white space at the end, and what it says of it anew the caller has already."""
    made = partial(started(0), grown(0, "is "))
    assert "is" == prefilled(made)
    going_on = made.continued()
    going_on.mapped(started(0))
    seen = [event.part_delta.text for delta in deltas if (event := going_on.mapped(grown(0, delta))) is not None]
    whole = going_on.mapped(completed(Part(text="".join(deltas))))

    assert told == seen
    assert whole is not None
    assert "is " + "".join(told) == whole.completed.message.parts[0].text


def test_sources_move_with_the_text() -> None:
    """Positions are in the part as the caller has it."""
    going_on = partial(started(0), grown(0, "12345")).continued()
    going_on.mapped(started(0))
    source = message_pb2.Citation(title="t", start_index=1, end_index=3)
    told = going_on.mapped(grown(0, citation=source))

    assert told is not None
    assert (6, 8) == (told.part_delta.citation.start_index, told.part_delta.citation.end_index)


def test_log_probabilities_are_those_of_both() -> None:
    """The whole answer has one for each token."""
    one, two = (completion_pb2.TokenLogprob(token=token, logprob=-1) for token in "ab")
    going_on = partial(started(0), grown(0, "a", logprobs=[one])).continued()
    whole = going_on.mapped(completed(Part(text="b"), logprobs=[two]))

    assert whole is not None
    assert [one, two] == list(whole.completed.logprobs)


def test_a_vendor_that_begins_again() -> None:
    """Then all is void, what other attempts had said as well, and indexes start at 0."""
    going_on = partial(started(0), grown(0, "12345")).continued()
    going_on.mapped(started(0))
    reset = Event(output_reset=completion_pb2.OutputReset())

    assert reset == going_on.mapped(reset)
    assert started(0) == going_on.mapped(started(0))
    assert grown(0, "New.") == going_on.mapped(grown(0, "New."))
    whole = going_on.mapped(completed(Part(text="New.")))
    assert whole is not None
    assert ["New."] == [part.text for part in whole.completed.message.parts]


@pytest.mark.parametrize(
    "events",
    [
        [],
        [started(0)],
        [started(0), grown(0, " \n")],
        [started(0, THOUGHT), grown(0, reasoning="Hm.")],
        [started(0, Part(tool_call=message_pb2.ToolCall(id="1", name="f")))],
        [started(0), grown(0, "x"), started(1, Part(tool_call=message_pb2.ToolCall(id="1", name="f")))],
        [started(0), grown(0, "x"), Event(output_reset=completion_pb2.OutputReset())],
    ],
    ids=["nothing", "no words", "white space", "only thoughts", "a call", "text and a call", "void"],
)
def test_what_cannot_be_continued(events: list[Event]) -> None:
    """Nothing, and what is not text alone."""
    assert prefilled(partial(*events)) is None
