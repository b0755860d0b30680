"""Sources that a Chat Completions answer tells: annotations, and lists beside the message."""

from typing import Any

import pytest

from llmrpc.v1 import message_pb2
from providers.openai_chat_bodies import DONE, FRAME, Fields, calling, chunk, events, piece, stream, told, whole

CITED: Fields = {"url": "https://a.example", "title": "A", "start_index": 1, "end_index": 2, "content": "words of it"}
URL: Fields = {"type": "url_citation", "url_citation": CITED}
SEARCH: list[Fields] = [{"title": "A", "url": "https://a.example", "date": None, "snippet": "words of it"}]
LINKS = ["https://a.example", "https://b.example"]


def cited(parts: list[message_pb2.ContentPart]) -> list[list[tuple[str, str, str]]]:
    """List the sources of each part: address, title and quote."""
    return [[(source.uri, source.title, source.quote) for source in part.citations] for part in parts]


A = ("https://a.example", "A", "words of it")


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (URL, message_pb2.Citation(uri=A[0], title=A[1], quote=A[2], start_index=1, end_index=2)),
        ({"type": "url_citation", "url": "https://a.example"}, message_pb2.Citation(uri="https://a.example")),
        (
            {"type": "file_citation", "file_citation": {"file_id": "f", "filename": "a.pdf", "quote": "words"}},
            message_pb2.Citation(title="a.pdf", quote="words"),
        ),
        (
            {"type": "url_citation", "url_citation": {"url": 7, "start_index": -1, "end_index": 2**31}},
            message_pb2.Citation(),
        ),
        ({"type": "of_the_future"}, message_pb2.Citation()),
        ({}, message_pb2.Citation()),
    ],
)
def test_annotations(annotation: Fields, expected: message_pb2.Citation) -> None:
    """An annotation is a source of the text, with its JSON; what makes no sense there is left out."""
    (part,) = told(whole({"content": "Hi", "annotations": [annotation]})).parts
    (source,) = part.citations

    assert source.json
    source.ClearField("json")
    assert expected == source


def test_the_json_of_an_annotation() -> None:
    """The annotation is kept as it was sent, to the last space."""
    body = events(
        chunk({"content": "Hi"}), '{"choices": [{"delta": {"annotations": [{"type":  "x", "n": 1.0}]}}]}', DONE
    )

    assert '{"type":  "x", "n": 1.0}' == told(body).parts[0].citations[0].json


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": "Hi", "annotations": [URL]}],
        [{"content": "Hi"}, {"annotations": [URL]}],
        # OpenRouter tells them before the first word.
        [{"content": "", "annotations": [URL]}, {"content": "Hi"}],
        [{"content": "Hi"}, calling(piece(0, "1", "look", "{}")), {"annotations": [URL]}],
    ],
)
def test_whenever_they_come(deltas: list[Fields]) -> None:
    """Sources belong to the text, the one that is being said or else the next."""
    assert [A] == cited(told(stream(*deltas)).parts)[0]


def test_sources_without_a_text() -> None:
    """Where there is no text to have them they are kept beside the answer."""
    answer = told(stream(calling(piece(0, "1", "look", "{}")), {"annotations": [URL]}))

    assert [[]] == cited(answer.parts)
    assert [URL] == answer.metadata["choices"][0]["message"]["annotations"]


@pytest.mark.parametrize(
    ("fields", "sources", "kept"),
    [
        ({"search_results": SEARCH}, [A], {}),
        ({"citations": LINKS}, [(link, "", "") for link in LINKS], {}),
        ({"citations": LINKS, "search_results": SEARCH}, [A], {"citations": LINKS}),
        ({"citations": LINKS, "search_results": []}, [(link, "", "") for link in LINKS], {}),
        ({"citations": [], "search_results": None}, [], {}),
        ({"citations": "x", "search_results": {}}, [], {"citations": "x"}),
        ({"citations": [None, 7]}, [("", "", ""), ("", "", "")], {}),
    ],
)
def test_sources_beside_the_message(fields: Fields, sources: list[Any], kept: Fields) -> None:
    """The fuller list is cited, the other kept; a stream repeats them, and the last holds."""
    streamed = events(
        chunk({"content": "Hi"}, citations=["https://old.example"]),
        chunk(finish="stop", usage={"prompt_tokens": 1, "completion_tokens": 1}, **{"citations": [], **fields}),
        {**FRAME, "choices": [], **fields},
        DONE,
    )
    for body in (whole({"content": "Hi"}, **fields), streamed):
        answer = told(body)

        assert [sources] == cited(answer.parts)
        assert kept == {name: answer.metadata[name] for name in kept}


def test_annotations_go_before() -> None:
    """Where the message itself tells its sources, a list beside it only repeats them."""
    answer = told(whole({"content": "Hi", "annotations": [URL]}, citations=LINKS))

    assert [[A]] == cited(answer.parts)
    assert LINKS == answer.metadata["citations"]


def test_references_in_a_list_of_blocks() -> None:
    """Mistral refers to its sources between the texts."""
    blocks = [
        {"type": "text", "text": "Hi"},
        {"type": "reference", "reference_ids": [0, 1]},
        {"type": "tool_reference", "tool": "web_search", "title": "A", "url": "https://a.example"},
        {"type": "text", "text": "!"},
    ]
    (part,) = told(whole({"content": blocks})).parts

    assert ("Hi!", ['{"type":"reference","reference_ids":[0,1]}']) == (part.text, [part.citations[0].json])
    assert ("https://a.example", "A") == (part.citations[1].uri, part.citations[1].title)
