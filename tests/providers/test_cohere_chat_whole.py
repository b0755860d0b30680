"""An unstreamed answer of Cohere's."""

from typing import Any

import pytest

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server import errors
from providers.cohere_bodies import PLAN, THOUGHT, Fields, chat, told, tool_call

Part = message_pb2.ContentPart


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": [{"type": "text", "text": "Hi"}]}, [Part(text="Hi")]),
        (
            {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}]},
            [THOUGHT, Part(text="Hi")],
        ),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, [Part(text="a"), Part(text="b")]),
        ({"content": [{"type": "text", "text": ""}]}, []),
        ({"content": [{"type": "thinking", "thinking": ""}, {"text": "Hi"}]}, [Part(text="Hi")]),
        ({"content": [{"thinking": "Hm."}]}, [THOUGHT]),
        ({"content": None, "tool_calls": None, "tool_plan": None, "citations": None}, []),
        ({}, []),
        (
            {
                "tool_plan": "I look.",
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1.0}'}},
                    {"id": "2", "type": "function", "function": {"name": "look", "arguments": "null"}},
                    {"id": "3", "type": "function", "function": {"name": "look", "arguments": None}},
                ],
            },
            [PLAN, tool_call("1", '{"a": 1.0}'), tool_call("2", "null"), tool_call("3")],
        ),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_parts(message: Fields, parts: list[Part], streaming: bool) -> None:
    """The plan comes first, then thoughts and words as they stand, then tool calls; nothing said is no part."""
    assert parts == told(chat(message), streaming=streaming).parts


def test_a_block_of_unknown_type() -> None:
    """A block that has no place of its own is there as it was sent, with its exact numbers."""
    body = (
        b'{"message":{"content":[{"type":"text","text":"Hi"},{"type":"map","at":[1.10,2],"text":"x"}]},'
        b'"finish_reason":"COMPLETE"}'
    )
    item = message_pb2.ProviderPart(kind="cohere", type="map", json='{"type":"map","text":"x","at":[1.10,2]}')

    assert [Part(text="Hi"), Part(provider_part=item)] == told(body).parts
    assert {} == told(body).metadata


def test_unknown_fields_are_kept() -> None:
    """What has no place of its own stands in the metadata where it stood in the answer."""
    function = {"name": "look", "arguments": "{}", "depth": 2}
    message = {
        "mood": "good",
        "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "Ho", "tone": 1.5}],
        "tool_calls": [{"id": "1", "function": function}],
    }
    usage = {
        "billed_units": {"input_tokens": 3, "search_units": 1.5},
        "tokens": {"input_tokens": 4, "image_tokens": 5, "sound_tokens": 6},
    }

    assert {
        "id": "1",
        "news": True,
        "message": {
            "mood": "good",
            "content": [{}, {"tone": 1.5}],
            "tool_calls": [{"function": {"depth": 2}}],
        },
        "usage": {
            "billed_units": {"input_tokens": 3, "search_units": 1.5},
            "tokens": {"image_tokens": 5, "sound_tokens": 6},
        },
    } == told(chat(message, usage=usage, news=True)).metadata


@pytest.mark.parametrize("streaming", [True, False])
def test_logprobs(streaming: bool) -> None:
    """Each token has its own; the text of several is told with their last, and their ids are kept."""
    logprobs: list[Any] = [
        {"text": "Hi", "token_ids": [7], "logprobs": [-0.5]},
        {"text": "é", "token_ids": [8, 9], "logprobs": [-1.5, -0.25], "rank": 1},
        {"token_ids": [10]},
    ]
    answer = told(chat({"content": [{"type": "text", "text": "Hié"}]}, logprobs=logprobs), streaming=streaming)

    assert [("Hi", -0.5), ("", -1.5), ("é", -0.25)] == [(one.token, one.logprob) for one in answer.response.logprobs]
    ids = [{"token_ids": [7]}, {"token_ids": [8, 9], "rank": 1}, {"token_ids": [10]}]
    assert {"id": "1", "logprobs": ids} == answer.metadata


def test_logprobs_without_text() -> None:
    """Log probabilities of an answer without text have no part to stand with; what else they say is kept."""
    calls = [{"id": "1", "function": {"name": "look"}}]
    answer = told(chat({"tool_calls": calls}, logprobs=[{"token_ids": [7], "logprobs": [-0.5]}]))

    assert [] == list(answer.response.logprobs)
    assert {"id": "1", "logprobs": [{"token_ids": [7]}]} == answer.metadata


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"Hi"',
        b"{}",
        b'{"id":"1"}',
        b'{"message":null}',
        b'{"message":[]}',
        b'{"message":{"content":"Hi"}}',
        b'{"message":{"content":[null]}}',
        b'{"message":{"content":[{"type":"text","text":1}]}}',
        b'{"message":{"content":[{"type":"text","thinking":"Hm."}]}}',
        b'{"message":{"content":[{"type":"map","x":"\\ud800"}]}}',
        b'{"message":{"tool_calls":[{"id":"1"}]}}',
        b'{"message":{"tool_calls":[{"function":{"name":"look"}}]}}',
        b'{"message":{},"usage":{"tokens":{"input_tokens":1.5}}}',
        b'{"message":{},"logprobs":[{"logprobs":[1e999]}]}',
        b"{",
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    """What is not of this format fails, and none of its words are told."""
    with pytest.raises(errors.ProviderBadResponse, match=r"^acme sent [a-z ]+$"):
        told(body)


def test_the_end() -> None:
    """The provider's word for the end stands beside ours."""
    response = told(chat({"content": [{"type": "text", "text": "Hi"}]}, finish_reason="STOP_SEQUENCE")).response

    assert completion_pb2.FINISH_REASON_STOP == response.finish_reason
    assert "STOP_SEQUENCE" == response.provider_finish_reason
