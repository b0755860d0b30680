"""A streamed answer of Cohere's."""

import json

import pytest

from llmrpc.v1 import completion_pb2, message_pb2
from providers.cohere_bodies import PLAN, START, THOUGHT, Fields, block, delta, end, stream, told, tool_call

Part = message_pb2.ContentPart


def called(index: int, id_: str, *pieces: str | None) -> list[Fields]:
    """Write the events of a tool call: its start with the first piece of the arguments, the others, and its end."""
    first, *rest = pieces
    start = {"id": id_, "type": "function", "function": {"name": "look", "arguments": first}}
    return [
        delta("tool-call-start", index, tool_calls=start),
        *(delta("tool-call-delta", index, tool_calls={"function": {"arguments": piece}}) for piece in rest),
        {"type": "tool-call-end", "index": index},
    ]


@pytest.mark.parametrize(
    ("events", "parts"),
    [
        (block(0, "text", "H", "i"), [Part(text="Hi")]),
        (block(0, "text"), []),
        (block(0, "text", "", ""), []),
        ([*block(0, "thinking", "Hm", "."), *block(1, "text", "Hi")], [THOUGHT, Part(text="Hi")]),
        ([*block(0, "text", "a"), *block(1, "text", "b")], [Part(text="a"), Part(text="b")]),
        (
            [delta("content-start", content={"text": "H"}), delta("content-delta", content={"text": "i"})],
            [Part(text="Hi")],
        ),
        (
            [
                delta("tool-plan-delta", tool_plan="I "),
                delta("tool-plan-delta", tool_plan="look."),
                delta("tool-plan-delta", tool_plan=None),
                *called(0, "1", "", '{"a":', " 1.0}"),
                *called(1, "2", None, None),
                *called(2, "3", "null"),
            ],
            [PLAN, tool_call("1", '{"a": 1.0}'), tool_call("2"), tool_call("3", "null")],
        ),
        (
            [
                *called(0, "1", "", "{")[:-1],
                *called(1, "2", "[", "]"),
                delta("tool-call-delta", 0, tool_calls={"function": {"arguments": "}"}}),
            ],
            [tool_call("1", "{}"), tool_call("2", "[]")],
        ),
        (
            [
                delta("tool-call-start", 0, tool_calls={"function": {"arguments": "{"}}),
                delta("tool-call-delta", 0, tool_calls={"id": "1", "function": {"arguments": '"a":'}}),
                delta("tool-call-delta", 0, tool_calls={"function": {"name": "look", "arguments": "1"}}),
                delta("tool-call-delta", 0, tool_calls={"function": {"arguments": "}"}}),
            ],
            [tool_call("1", '{"a":1}')],
        ),
    ],
)
def test_parts(events: list[Fields], parts: list[Part]) -> None:
    """Blocks and tool calls grow by their index; each is a part as soon as there is something to tell."""
    assert parts == told(stream(START, *events, end())).parts


def test_the_caller_is_told_as_it_grows() -> None:
    """A tool call ends at its own end; what is said stays open up to the end, since citations may still come."""
    events = told(stream(START, *block(0, "text", "Hi"), *called(0, "1", "{}"), end())).events

    assert [
        ("part_started", 0),
        ("part_delta", 0),
        ("part_started", 1),
        ("part_delta", 1),
        ("part_finished", 1),
        ("part_finished", 0),
    ] == [(kind, getattr(event, kind).part_index) for event in events for kind in [event.WhichOneof("event") or ""]]


@pytest.mark.parametrize(
    "noise",
    [
        b"data: [DONE]\n\n",
        b"data:\n\n",
        b": comment\n\n",
        stream({"type": "debug", "prompt": "<start>"}),
        stream({"type": "applause", "delta": "loud", "index": "x"}),
        stream({"type": "applause", "delta": {"message": {"content": {"text": "clap"}}}}),
        stream({"type": "citation-end", "index": 9}),
        stream(delta("tool-plan-delta", tool_plan="")),
    ],
)
def test_noise(noise: bytes) -> None:
    """What is no part of the answer, or not known, is passed over."""
    start, *rest = block(0, "text", "H", "i")
    body = noise + stream(START, start) + noise + stream(*rest[:1]) + noise + stream(*rest[1:], end()) + noise

    assert [Part(text="Hi")] == told(body).parts
    assert {"id": "1"} == told(body).metadata


def test_a_stream_tells_its_metadata_as_the_whole_does() -> None:
    """What has no place of its own stands in the metadata where it stands in an unstreamed answer."""
    start = {**START, "news": True}
    start["delta"] = {"message": {"role": "assistant", "mood": "good"}}
    first, *rest = block(1, "text", "H", "i")
    rest[0]["delta"]["message"]["content"]["tone"] = 1
    rest[1]["delta"]["message"]["content"]["tone"] = 2.5
    tool = called(0, "1", "{}")
    tool[0]["delta"]["message"]["tool_calls"]["function"]["depth"] = 2
    usage = {"billed_units": {"input_tokens": 3, "search_units": 1.5}, "tokens": {"sound_tokens": 6}}
    body = stream(start, *block(0, "thinking", "Hm"), first, *rest, *tool, end(usage=usage, grade="A"))

    assert {
        "id": "1",
        "news": True,
        "grade": "A",
        "message": {
            "mood": "good",
            "content": [{}, {"tone": 2.5}],
            "tool_calls": [{"function": {"depth": 2}}],
        },
        "usage": {"billed_units": {"input_tokens": 3, "search_units": 1.5}, "tokens": {"sound_tokens": 6}},
    } == told(body).metadata


def test_a_block_of_unknown_type() -> None:
    """A block that has no place of its own is there as it would stand in an unstreamed answer."""
    start, first, second, finish = block(0, "map", "a", "b")
    first["delta"]["message"]["content"] |= {"at": [1], "legend": "x", "scale": "1"}
    second["delta"]["message"]["content"] |= {"at": [1.5], "legend": "y", "scale": 2}
    parts = told(stream(START, start, first, second, finish, *block(1, "text", "Hi"), end())).parts

    assert {"type": "map", "text": "ab", "at": [1.5], "legend": "xy", "scale": 2} == json.loads(
        parts[0].provider_part.json
    )
    assert ("cohere", "map", "Hi") == (parts[0].provider_part.kind, parts[0].provider_part.type, parts[1].text)
    assert parts[:1] == told(stream(START, start, first, second, end())).parts


def test_logprobs() -> None:
    """Log probabilities stand with the delta whose tokens they are of; the tokens' ids are kept."""
    start, first, second, finish = block(0, "text", "H", "i")
    first["logprobs"] = {"text": "H", "token_ids": [7], "logprobs": [-0.5]}
    second["logprobs"] = {"text": "i", "token_ids": [8], "logprobs": [-1.5], "rank": 1}
    answer = told(stream(START, start, first, second, finish, end()))

    deltas = [event.part_delta for event in answer.events if event.HasField("part_delta")]
    token = completion_pb2.TokenLogprob
    assert [("H", [token(token="H", logprob=-0.5)]), ("i", [token(token="i", logprob=-1.5)])] == [
        (one.text, list(one.logprobs)) for one in deltas
    ]
    assert [one for each in deltas for one in each.logprobs] == list(answer.response.logprobs)
    assert {"id": "1", "logprobs": [{"token_ids": [7]}, {"token_ids": [8], "rank": 1}]} == answer.metadata


def test_an_unstreamed_answer_is_a_stream_of_one() -> None:
    """A whole answer is told in the same events as a streamed one."""
    body = json.dumps(
        {
            "id": "1",
            "message": {
                "tool_plan": "I look.",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            "finish_reason": "TOOL_CALL",
        }
    )
    streamed = stream(START, delta("tool-plan-delta", tool_plan="I look."), *called(0, "1", "{}"), end("TOOL_CALL"))

    assert told(streamed).events == told(body.encode()).events
