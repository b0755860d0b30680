"""The events of a stream become an answer."""

import pytest

from client.scripted import (
    CALL_ID,
    Event,
    answer,
    completed,
    finished,
    numbered,
    part,
    reset,
    response,
    started,
    text,
    unknown,
)
from llmrpc import RESET, Assembler, BrokenStream
from llmrpc.v1.accounting_pb2 import Usage
from llmrpc.v1.completion_pb2 import AttemptFailed, Heartbeat, OutputPartial, PartDelta, PartFinished
from llmrpc.v1.message_pb2 import (
    ROLE_ASSISTANT,
    Citation,
    ContentPart,
    Media,
    Message,
    ProviderState,
    Reasoning,
    ToolCall,
)


def assemble(*events: Event) -> tuple[Assembler, list[str]]:
    """Feed the events in order; return the pieces of text as well."""
    assembler = Assembler()
    return assembler, [piece for event in numbered(events) if (piece := assembler.add(event))]


def delta(index: int, **grows: object) -> Event:
    """Make a part grow."""
    return Event(part_delta=PartDelta(part_index=index, **grows))  # type: ignore[arg-type]


def test_the_usual_stream() -> None:
    """Text comes in pieces; the end has the whole answer."""
    assembler, pieces = assemble(*answer("The sky ", "is blue."))

    assert ["The sky ", "is blue."] == pieces
    assert "The sky is blue." == assembler.text
    assert CALL_ID == assembler.call_id
    assert response("The sky is blue.") == assembler.finish()


def test_parts_of_every_kind_may_interleave() -> None:
    """Each delta goes to the part of its index, and parts stand in the order of their indexes."""
    state = ProviderState(kind="anthropic", model="claude", data=b"sig")
    citation = Citation(uri="https://example.com")
    assembler, pieces = assemble(
        started(),
        part(1),
        part(0, ContentPart(reasoning=Reasoning())),
        delta(0, reasoning="Hm"),
        text(1, "It is "),
        delta(0, reasoning="m."),
        part(2, ContentPart(tool_call=ToolCall(id="t1", name="look"))),
        delta(2, tool_arguments_json='{"at":'),
        text(1, "blue."),
        delta(1, citation=citation),
        delta(2, tool_arguments_json="1}"),
        part(3, ContentPart(media=Media(mime_type="audio/wav"))),
        delta(3, media_data=b"ab"),
        delta(3, media_data=b"cd"),
        part(4, ContentPart(refusal="No")),
        delta(4, refusal=", thanks."),
        Event(part_finished=PartFinished(part_index=0, provider_state=state)),
        *(finished(index) for index in range(1, 5)),
    )

    assert ["It is ", "blue."] == pieces
    assert (
        Message(
            role=ROLE_ASSISTANT,
            parts=[
                ContentPart(reasoning=Reasoning(text="Hmm."), provider_state=state),
                ContentPart(text="It is blue.", citations=[citation]),
                ContentPart(tool_call=ToolCall(id="t1", name="look", arguments_json='{"at":1}')),
                ContentPart(media=Media(mime_type="audio/wav", data=b"abcd")),
                ContentPart(refusal="No, thanks."),
            ],
        )
        == assembler.message
    )


def test_text_that_a_part_begins_with_counts() -> None:
    """A part may bring its first text when it starts."""
    _, pieces = assemble(started(), part(0, ContentPart(text="The ")), text(0, "sky"))

    assert ["The ", "sky"] == pieces


def test_a_reset_voids_everything_before_it() -> None:
    """Parts begin at 0 again, and RESET stands among the pieces."""
    assembler, pieces = assemble(started(), part(0), text(0, "The sky is gr"), reset(), part(0), text(0, "Blue."))

    assert ["The sky is gr", RESET, "Blue."] == pieces
    assert pieces[1] is RESET
    assert "Blue." == assembler.text
    assert 1 == assembler.resets


def test_a_reset_before_any_text_shows_nothing() -> None:
    """Where nothing was shown there is nothing to take back."""
    _, pieces = assemble(started(), part(0), reset(), part(0), text(0, "Blue."))

    assert ["Blue."] == pieces


def test_a_piece_of_the_answer_is_never_reset() -> None:
    """A model may say what RESET looks like; they are told apart by identity."""
    _, (piece,) = assemble(started(), part(0), text(0, str(RESET)))

    assert RESET == piece
    assert piece is not RESET


def test_events_of_unknown_kinds_are_ignored() -> None:
    """A newer server may send kinds that this client does not have, within a delta too."""
    newer_delta = Event(part_delta=PartDelta.FromString(b"\x08\x00\x4a\x02hi"))
    _, pieces = assemble(started(), unknown(), part(0), newer_delta, text(0, "Blue."), unknown())

    assert ["Blue."] == pieces


def test_news_about_the_call_is_kept() -> None:
    """Estimates and partial values replace the ones before; the rest is nothing to do."""
    assembler, pieces = assemble(
        started(),
        Event(heartbeat=Heartbeat()),
        Event(attempt_failed=AttemptFailed()),
        Event(usage=Usage(input_tokens=1)),
        Event(usage=Usage(input_tokens=2)),
        Event(output_partial=OutputPartial(json='{"a":1}')),
    )

    assert [] == pieces
    assert Usage(input_tokens=2) == assembler.usage
    assert '{"a":1}' == assembler.partial_json


def test_completed_is_authoritative() -> None:
    """What the server says at the end holds, whatever the pieces were."""
    assembler, _ = assemble(started(), part(0), text(0, "pieces"), completed("whole"))

    assert response("whole") == assembler.finish()


def test_an_end_without_completed_is_an_error() -> None:
    """A stream that ends early is never taken for an answer."""
    assembler, _ = assemble(started(), part(0), text(0, "The sky"))

    with pytest.raises(BrokenStream, match="without its completed event") as caught:
        assembler.finish()

    assert CALL_ID == caught.value.call_id


def test_a_missing_event_is_an_error() -> None:
    """A gap in the sequence means that the text has a hole."""
    first, _, third, *_ = answer("The sky ", "is blue.")
    assembler = Assembler()
    assembler.add(first)

    with pytest.raises(BrokenStream, match="event 3 came after event 1"):
        assembler.add(third)


def test_a_delta_for_a_part_that_never_began_is_an_error() -> None:
    """There is nothing that it could be appended to."""
    with pytest.raises(BrokenStream, match="part 7 goes on but never began"):
        assemble(started(), text(7, "?"))
