"""Where Cohere's answers say that their words come from."""

import json
from typing import Any

import pytest

from llmrpc.v1 import message_pb2
from llmrpc_server import errors
from providers.cohere_bodies import START, Fields, block, chat, delta, end, stream, told

DOCUMENT = {
    "type": "document",
    "id": "doc:0",
    "document": {"title": "Sky", "url": "https://a.example", "text": "Blue."},
}
POSITIONS: list[Any] = ["start_index", "end_index"]
RESULT = {"type": "tool", "id": "1:0", "tool_output": {"content": "Grey."}}


def citation(**fields: Any) -> Fields:
    """Write a citation of the first word."""
    return {"start": 0, "end": 2, "text": "Hi", "sources": [DOCUMENT], "type": "TEXT_CONTENT", **fields}


def both(cited: Fields) -> list[bytes]:
    """Write an answer with a plan, a thought and two texts, one of them cited: whole, and as a stream."""
    content = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "Ho"},
        {"type": "text", "text": "Hi"},
    ]
    blocks = [*block(0, "thinking", "Hm."), *block(1, "text", "Ho"), *block(2, "text", "Hi")]
    plan = delta("tool-plan-delta", tool_plan="I look.")
    return [
        chat({"tool_plan": "I look.", "content": content, "citations": [cited]}),
        stream(START, plan, *blocks, delta("citation-start", 0, citations=cited), end()),
    ]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({}, 3),
        ({"content_index": 0, "type": "THINKING_CONTENT"}, 1),
        ({"content_index": 1}, 2),
        ({"content_index": 2, "type": None}, 3),
        ({"type": "THINKING_CONTENT"}, 1),
        ({"type": "PLAN"}, 0),
        ({"type": "RUMOUR"}, 3),
    ],
)
def test_the_part_that_is_cited(fields: Fields, part: int) -> None:
    """A citation stands with the block of its index, or with the last one of its sort: an index of 0 is left out."""
    for body in both(citation(**fields)):
        assert [part] == [at for at, one in enumerate(told(body).parts) if one.citations]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (DOCUMENT, {"title": "Sky", "uri": "https://a.example", "quote": "Blue."}),
        (RESULT, {"quote": "Grey."}),
        ({"type": "document", "document": {"snippet": "Blue.", "title": 1, "url": None}}, {"quote": "Blue."}),
        ({"type": "tool", "tool_output": {"uri": "https://b.example"}}, {"uri": "https://b.example"}),
        ({"type": "document", "id": "doc:0"}, {}),
        ({}, {}),
    ],
)
def test_sources(source: Fields, expected: dict[str, str]) -> None:
    """A source is told by its title, its address and its words, as far as it has them."""
    for body in both(citation(sources=[source])):
        (found,) = told(body).parts[3].citations
        assert {"title": "", "uri": "", "quote": "", **expected} == {
            "title": found.title,
            "uri": found.uri,
            "quote": found.quote,
        }


@pytest.mark.parametrize("sources", [[DOCUMENT, RESULT], [], None])
def test_as_it_was_sent(sources: list[Fields] | None) -> None:
    """Whatever the fields say, the citation is there as it was sent, with all its sources."""
    cited = citation(sources=sources, grade=1.5)
    for body in both(cited):
        (found,) = told(body).parts[3].citations
        assert cited == json.loads(found.json)


@pytest.mark.parametrize(
    ("start", "end_", "expected"),
    [(0, 2, (0, 2)), (None, None, (None, None)), (-1, 2**31, (None, None)), (2**31 - 1, 10**30, (2**31 - 1, None))],
)
def test_positions(start: int | None, end_: int | None, expected: tuple[int | None, int | None]) -> None:
    """A position that cannot be one is not told."""
    for body in both(citation(start=start, end=end_)):
        (found,) = told(body).parts[3].citations
        known = [getattr(found, name) if found.HasField(name) else None for name in POSITIONS]
        assert list(expected) == known


def test_a_citation_in_the_middle() -> None:
    """A citation is told where it comes, between the deltas of the text that it cites."""
    start, first, second, finish = block(0, "text", "Hi", " there")
    told_citation = delta("citation-start", 0, citations=citation())
    answer = told(stream(START, start, first, told_citation, second, finish, end()))

    deltas = [event.part_delta for event in answer.events if event.HasField("part_delta")]
    assert ["text", "citation", "text"] == [one.WhichOneof("delta") for one in deltas]
    assert [message_pb2.ContentPart(text="Hi there", citations=[deltas[1].citation])] == answer.parts


def test_a_citation_of_nothing_said() -> None:
    """A block that is cited is there, also without a word."""
    cited = delta("citation-start", 0, citations=citation(content_index=0))
    (part,) = told(stream(START, *block(0, "text"), cited, end())).parts

    assert ("", 1) == (part.text, len(part.citations))


@pytest.mark.parametrize(
    "cited",
    [
        citation(content_index=9),
        citation(content_index=-1),
        citation(content_index=2**70),
        citation(start="x"),
        citation(sources=[None]),
        citation(sources={}),
        None,
        [],
        "Hi",
    ],
)
def test_what_is_no_citation(cited: Any) -> None:
    """A citation of a block that is not there, or that is none, fails the answer."""
    for body in both(cited):
        with pytest.raises(errors.ProviderBadResponse):
            told(body)


@pytest.mark.parametrize("type_", ["TEXT_CONTENT", "THINKING_CONTENT", "PLAN"])
def test_a_citation_before_anything_is_said(type_: str) -> None:
    """There is nothing to cite yet."""
    with pytest.raises(errors.ProviderBadResponse):
        told(stream(START, delta("citation-start", 0, citations=citation(type=type_)), end()))
