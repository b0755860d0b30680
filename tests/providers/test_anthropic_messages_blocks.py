"""The blocks of a message, whole and streamed."""

import json
from typing import Any

import pytest

from llmrpc.v1 import message_pb2
from providers.anthropic_bodies import Fields, Part, blocks, item, message, state, told

Reasoning = message_pb2.Reasoning

WEB = {
    "type": "web_search_result_location",
    "cited_text": "Blue.",
    "url": "https://example.com/sky",
    "title": "Sky",
    "encrypted_index": "abc",
}
PAGE = {"type": "page_location", "cited_text": "Blue.", "document_index": 0, "document_title": "Light", "file_id": None}
RESULT = {"type": "search_result_location", "source": "kb/7", "title": "Sky", "search_result_index": 0}
PARAGRAPH = {"type": "char_location", "cited_text": "Blue.", "document_title": None, "start_char_index": 7}

USE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "u", "n": 1.10}]}
CALLER = {"type": "direct"}


def text(piece: str) -> Fields:
    """Write a delta of text."""
    return {"type": "text_delta", "text": piece}


def cite(citation: Fields) -> Fields:
    """Write a delta with a source."""
    return {"type": "citations_delta", "citation": citation}


def think(piece: str) -> Fields:
    """Write a delta of reasoning."""
    return {"type": "thinking_delta", "thinking": piece, "estimated_tokens": 50}


def sign(signature: str) -> Fields:
    """Write a delta of a signature."""
    return {"type": "signature_delta", "signature": signature}


def write(piece: str) -> Fields:
    """Write a delta of a tool's input."""
    return {"type": "input_json_delta", "partial_json": piece}


def source(citation: Fields, **fields: Any) -> message_pb2.Citation:
    """Make a source as a caller reads it."""
    return message_pb2.Citation(json=json.dumps(citation), **fields)


def call(arguments: str, **kept: Any) -> Part:
    """Make the part of a tool's call, with what is kept of it."""
    part = Part(tool_call=message_pb2.ToolCall(id="toolu_1", name="look", arguments_json=arguments))
    if kept:
        part.provider_state.CopyFrom(state(**kept))
    return part


def use(arguments: Any, **fields: Any) -> Fields:
    """Write a block of tool use."""
    return {"type": "tool_use", "id": "toolu_1", "name": "look", "input": arguments, **fields}


BOTH: dict[str, tuple[Fields, Fields, list[Fields], Part]] = {
    "text": (
        {"type": "text", "text": "Hi."},
        {"type": "text", "text": ""},
        [text("H"), text("i"), text(""), text(".")],
        Part(text="Hi."),
    ),
    "text with sources": (
        {"type": "text", "text": "Blue.", "citations": [WEB, PAGE, RESULT, PARAGRAPH]},
        {"type": "text", "text": "", "citations": []},
        [cite(WEB), text("Blue."), cite(PAGE), cite(RESULT), cite(PARAGRAPH)],
        Part(
            text="Blue.",
            citations=[
                source(WEB, title="Sky", uri="https://example.com/sky", quote="Blue."),
                source(PAGE, title="Light", quote="Blue."),
                source(RESULT, title="Sky", uri="kb/7"),
                source(PARAGRAPH, quote="Blue."),
            ],
        ),
    ),
    "text with a new field": (
        {"type": "text", "text": "Hi.", "citations": None, "mood": {"a": 1.50}},
        {"type": "text", "text": "", "mood": {"a": 1.50}},
        [text("Hi.")],
        Part(text="Hi.", provider_state=state(mood={"a": 1.5})),
    ),
    "thinking": (
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        {"type": "thinking", "thinking": "", "signature": ""},
        [think("H"), think(""), think("m."), sign("sig")],
        Part(reasoning=Reasoning(text="Hm."), provider_state=state(signature="sig")),
    ),
    "thinking that is not signed": (
        {"type": "thinking", "thinking": "Hm."},
        {"type": "thinking", "thinking": ""},
        [think("Hm.")],
        Part(reasoning=Reasoning(text="Hm.")),
    ),
    "thinking that is not shown": (
        {"type": "thinking", "thinking": "", "signature": "sig"},
        {"type": "thinking", "thinking": "", "signature": ""},
        [sign("s"), sign("ig")],
        Part(reasoning=Reasoning(redacted=True), provider_state=state(signature="sig")),
    ),
    "redacted thinking": (
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "redacted_thinking", "data": "secret"},
        [],
        Part(reasoning=Reasoning(redacted=True), provider_state=state(data="secret")),
    ),
    "tool use": (
        use({"a": [1.0, None]}, caller=CALLER),
        use({}, caller=CALLER),
        [write(""), write('{"a": [1'), write(".0, null]}")],
        call('{"a": [1.0, null]}', caller=CALLER),
    ),
    "tool use without arguments": (use({}), use({}), [write("")], call("{}")),
    "tool use with null": (use(None), use(None), [], call("{}")),
    "tool use that begins whole": (use({"a": 1}), use({"a": 1}), [], call('{"a": 1}')),
    "tool use of a toolset": (
        use({}, toolset_name="browser", id="toolu_1"),
        use({}, toolset_name="browser"),
        [],
        call("{}", toolset_name="browser"),
    ),
    "a hosted tool's call": (
        {**USE, "input": {"query": "sky", "n": 1.0}},
        USE,
        [write(""), write('{"query": "sky"'), write(', "n": 1.0}')],
        item(**{**USE, "input": {"query": "sky", "n": 1.0}}),
    ),
    "a hosted tool's call without arguments": (USE, USE, [write("")], item(**USE)),
    "a hosted tool's result": (FOUND, FOUND, [], item(**FOUND)),
    "a compaction": (
        {"type": "compaction", "content": "Long ago.", "encrypted_content": "x"},
        {"type": "compaction", "content": None, "encrypted_content": None},
        [
            {"type": "compaction_delta", "content": "Long "},
            {"type": "compaction_delta", "content": "ago.", "encrypted_content": "x"},
        ],
        item(type="compaction", content="Long ago.", encrypted_content="x"),
    ),
    "a block of a new type": (
        {"type": "dream", "scene": "A sea.", "depth": {"m": 2.50}, "sand": [1]},
        {"type": "dream", "scene": "A", "depth": None, "sand": [1]},
        [
            {"type": "dream_delta", "scene": " sea", "depth": 1},
            {"type": "dream_delta", "scene": ".", "depth": {"m": 2.5}},
        ],
        item(type="dream", scene="A sea.", depth={"m": 2.5}, sand=[1]),
    ),
}


def plain(parts: list[Part]) -> list[Part]:
    """Write the JSON in parts one way: whole messages and streams may differ in its spaces."""
    for part in parts:
        for holder, name in (
            (part.provider_part, "json"),
            (part.tool_call, "arguments_json"),
            *((citation, "json") for citation in part.citations),
        ):
            if getattr(holder, name):
                setattr(holder, name, json.dumps(json.loads(getattr(holder, name)), sort_keys=True))
    return parts


@pytest.mark.parametrize(("whole", "begun", "deltas", "part"), BOTH.values(), ids=BOTH)
def test_whole_and_streamed(whole: Fields, begun: Fields, deltas: list[Fields], part: Part) -> None:
    """A block is the same part whether it came at once or grew."""
    expected = plain([part])

    assert expected == plain(told(message(whole), streaming=False).parts)
    assert expected == plain(told(blocks(begun, *deltas)).parts)


@pytest.mark.parametrize(
    "empty", [{"type": "text", "text": ""}, {"type": "text"}, {"type": "thinking", "thinking": ""}]
)
def test_an_empty_block_leaves_no_part(empty: Fields) -> None:
    """What says nothing is no part."""
    assert [] == told(message(empty)).parts
    assert [] == told(blocks(empty)).events


def test_arguments_are_the_models_own_words() -> None:
    """Arguments go out to the letter as they were streamed, also where they are no JSON."""
    assert [call('{"a": 1')] == told(blocks(use({}), write('{"a":'), write(" 1"))).parts


def test_input_that_is_no_object() -> None:
    """A hosted tool's call holds an object even where the model's input was none, so that it can go back."""
    told_json = told(blocks(USE, write('{"query'))).parts[0].provider_part.json

    assert {**USE, "input": {"INVALID_JSON": '{"query'}} == json.loads(told_json)


def test_an_item_is_kept_to_the_letter() -> None:
    """A block that comes whole is kept as it was sent: its numbers, its spaces and the order of its keys."""
    sent = b'{"z": 1.10,  "type": "web_search_tool_result", "a": 123456789012345678901234567890}'
    body = b'{"content": [%s], "stop_reason": "end_turn"}' % sent

    assert sent.decode() == told(body).parts[0].provider_part.json


def test_the_order_of_the_content() -> None:
    """Parts stand in the order of their blocks."""
    content: list[Any] = [USE, FOUND, {"type": "text", "text": "a"}, use({}), {"type": "text", "text": "b"}]

    parts = told(message(*content)).parts

    assert ["provider_part", "provider_part", "text", "tool_call", "text"] == [
        part.WhichOneof("kind") for part in parts
    ]
