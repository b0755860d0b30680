"""Unstreamed answers of Responses."""

import pytest

from llmrpc.v1 import message_pb2
from providers.openai_responses_bodies import CALL, MESSAGE, SEARCH, TEXT, THOUGHTS, body, told

NO: dict[str, str] = {"type": "refusal", "refusal": "No."}


def test_every_sort_of_item() -> None:
    """Items are parts in their order, each of its own kind."""
    answer = told(body(THOUGHTS, SEARCH, MESSAGE, CALL), streaming=False)

    assert [
        ("reasoning", "So.\n\nHence."),
        ("provider_part", "web_search_call"),
        ("text", "Hi there"),
        ("tool_call", '{"a":1}'),
    ] == answer.said
    assert ("call_1", "look") == (answer.parts[3].tool_call.id, answer.parts[3].tool_call.name)


def test_several_contents_of_a_message() -> None:
    """Each is a part; an empty one is none."""
    contents = [TEXT, {**TEXT, "text": ""}, NO]
    answer = told(body({**MESSAGE, "content": contents}))

    assert [("text", "Hi there"), ("refusal", "No.")] == answer.said
    assert [{"id": "msg_1", "status": "completed"}] * 2 == answer.states


@pytest.mark.parametrize("content", [None, [], [{**TEXT, "text": ""}], [{"type": "output_text"}]])
def test_a_message_without_words(content: object) -> None:
    """It is no part."""
    assert [] == told(body({**MESSAGE, "content": content})).said


def test_hidden_reasoning() -> None:
    """Reasoning without a word that can be read is redacted, and its item is kept."""
    hidden = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    answer = told(body(hidden))

    assert [message_pb2.Reasoning(redacted=True)] == [part.reasoning for part in answer.parts]
    assert [hidden] == answer.states


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"summary": [{"type": "summary_text", "text": "So."}]}, "So."),
        ({"summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}, "Hm."),
        (
            {
                "summary": [{"type": "summary_text", "text": "So."}],
                "content": [{"type": "reasoning_text", "text": "Hm."}, {"type": "reasoning_text", "text": "Ah."}],
            },
            "So.\n\nHm.\n\nAh.",
        ),
        ({"summary": [{"type": "summary_text", "text": ""}, {"type": "summary_text", "text": "So."}]}, "So."),
    ],
)
def test_what_can_be_read_of_reasoning(fields: dict[str, object], expected: str) -> None:
    """The summary, then the text itself, with empty lines between their parts, are one part that is not redacted."""
    answer = told(body({"id": "rs_1", "type": "reasoning", **fields}))

    assert [message_pb2.Reasoning(text=expected)] == [part.reasoning for part in answer.parts]


def test_sources() -> None:
    """An annotation is a citation of its text, with the name of a file for a title, and as it was sent."""
    annotations = [
        {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2},
        {"type": "file_citation", "file_id": "file_1", "filename": "b.txt", "index": 5},
        {"type": "container_file_citation", "file_id": "f", "filename": "c", "start_index": -1, "end_index": 2**40},
    ]
    answer = told(body({**MESSAGE, "content": [{**TEXT, "annotations": annotations}]}))
    found = answer.parts[0].citations

    assert [("https://a.example", "A"), ("", "b.txt"), ("", "c")] == [(one.uri, one.title) for one in found]
    assert (0, 2) == (found[0].start_index, found[0].end_index)
    assert [True, False, False] == [one.HasField("start_index") for one in found]
    assert not found[2].HasField("end_index")
    assert '{"type": "file_citation", "file_id": "file_1", "filename": "b.txt", "index": 5}' == found[1].json


def test_log_probabilities() -> None:
    """Each token has its alternatives; its bytes are told where its text is not they."""
    logprobs = [
        {
            "token": "Hi",
            "bytes": [72, 105],
            "logprob": -0.5,
            "top_logprobs": [
                {"token": "Hi", "bytes": [72, 105], "logprob": -0.5},
                {"token": "\ufffd", "bytes": [240], "logprob": -2},
            ],
        },
        {"token": "!", "logprob": -1, "bytes": None},
    ]
    answer = told(body({**MESSAGE, "content": [{**TEXT, "logprobs": logprobs}]}))
    first, second = answer.response.logprobs

    assert ("Hi", -0.5, b"") == (first.token, first.logprob, first.raw_bytes)
    assert [("Hi", b""), ("\ufffd", b"\xf0")] == [(other.token, other.raw_bytes) for other in first.top]
    assert ("!", -1.0, b"") == (second.token, second.logprob, second.raw_bytes)


@pytest.mark.parametrize("streaming", [True, False])
def test_a_whole_answer_where_a_stream_was_asked_for(streaming: bool) -> None:
    """It is read all the same."""
    assert [("text", "Hi there")] == told(body(MESSAGE), streaming=streaming).said


def test_a_function_call_without_an_id_of_its_own() -> None:
    """The one that its result needs is enough; a server that has only the other gives that."""
    nameless = {name: value for name, value in CALL.items() if name != "id"}
    other = {name: value for name, value in CALL.items() if name != "call_id"}

    assert "call_1" == told(body(nameless)).parts[0].tool_call.id
    assert "fc_1" == told(body(other)).parts[0].tool_call.id
