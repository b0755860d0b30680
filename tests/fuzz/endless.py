"""Streams without end: each event holds a quarter of a megabyte of something that a format knows, or nobody does."""

import json
from collections.abc import Callable, Iterator

from fuzz.answers import Fields

PAD = "x" * 256 * 1024


def events(kind: str, what: str) -> Iterator[bytes]:
    """Write a stream for ever."""
    head, next_event = STREAMS[kind][what]
    for event in head:
        yield _bytes(event)
    number = 0
    while True:
        yield _bytes(next_event(number))
        number += 1


def _bytes(event: Fields) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


_Stream = tuple[list[Fields], Callable[[int], Fields]]


def _chat(delta: Callable[[int], Fields], **fields: object) -> _Stream:
    return [], lambda number: {"choices": [{"index": 0, "delta": delta(number), **fields}]}


def _call(number: int, **function: str) -> Fields:
    return {"tool_calls": [{"index": 0, "id": f"{number}", "function": function}]}


_LOGPROB = {"token": PAD, "logprob": -1.0}

_CHAT: dict[str, _Stream] = {
    "text": _chat(lambda _: {"content": PAD}),
    "arguments": _chat(
        lambda _: {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": PAD}}]}
    ),
    "arguments without a name": _chat(lambda _: {"tool_calls": [{"index": 0, "function": {"arguments": PAD}}]}),
    "calls": _chat(lambda number: _call(number, name="f", arguments=PAD)),
    "ids": _chat(
        lambda number: {"tool_calls": [{"id": f"{number}{PAD}", "function": {"name": "f", "arguments": "{}"}}]}
    ),
    "ids alone": _chat(lambda number: {"tool_calls": [{"id": f"{number}{PAD}"}]}),
    "details": _chat(lambda number: {"reasoning_details": [{"type": "reasoning.text", "index": number, "text": PAD}]}),
    "details of other kinds": _chat(lambda number: {"reasoning_details": [{"index": number, "zz": [PAD]}]}),
    "executed tools": _chat(lambda number: {"executed_tools": [{"index": number, "zz": [PAD]}]}),
    "blocks": _chat(lambda _: {"content": [{"type": "zz", "zz": PAD}]}),
    "annotations": _chat(lambda _: {"annotations": [{"type": "url_citation", "title": PAD}]}),
    "pictures": _chat(lambda _: {"images": [{"image_url": {"url": PAD}}]}),
    "log probabilities": _chat(lambda _: {"content": "a"}, logprobs={"content": [_LOGPROB]}),
    "log probabilities of nothing": _chat(lambda _: {}, logprobs={"content": [_LOGPROB]}),
    "unknown fields": ([], lambda number: {"choices": [], f"zz_{number}": PAD}),
    "unknown fields of a choice": ([], lambda number: {"choices": [{"delta": {f"zz_{number}": PAD}}]}),
    "ids of chunks": ([], lambda number: {"id": f"{number}{PAD}", "choices": []}),
    "prompt": ([], lambda number: {"prompt": {f"{number}": PAD}, "choices": []}),
}

_ADDED = "response.output_item.added"


def _item(number: int, **fields: object) -> Fields:
    return {"type": _ADDED, "output_index": number, "item": {"id": f"{number}", **fields}}


_RESPONSES: dict[str, _Stream] = {
    "text": ([], lambda _: {"type": "response.output_text.delta", "output_index": 0, "delta": PAD}),
    "texts": (
        [],
        lambda n: {"type": "response.output_text.delta", "output_index": 0, "content_index": n, "delta": PAD},
    ),
    "arguments": (
        [_item(0, type="function_call", call_id="1", name="f")],
        lambda _: {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": PAD},
    ),
    "calls": ([], lambda number: _item(number, type="function_call", call_id=PAD, name="f")),
    "items": ([], lambda number: _item(number, type="message", zz=PAD)),
    "ids of items": ([], lambda n: {"type": _ADDED, "output_index": n, "item": {"type": "message", "id": f"{n}{PAD}"}}),
    "item ids of nothing": ([], lambda n: {"type": "response.output_text.delta", "item_id": f"{n}{PAD}", "delta": ""}),
    "annotations": (
        [{"type": "response.output_text.delta", "output_index": 0, "delta": "a"}],
        lambda _: {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": {"title": PAD}},
    ),
    "log probabilities": (
        [],
        lambda _: {"type": "response.output_text.delta", "output_index": 0, "delta": "a", "logprobs": [_LOGPROB]},
    ),
    "hosted tools": (
        [],
        lambda n: {"type": "response.output_item.done", "output_index": n, "item": {"type": "zz", "zz": PAD}},
    ),
    "unknown fields": (
        [],
        lambda n: {"type": "response.output_text.delta", "output_index": 0, "delta": "", f"zz_{n}": PAD},
    ),
}

_START: Fields = {"type": "message_start", "message": {"content": []}}


def _block(type_: str, **fields: object) -> list[Fields]:
    return [_START, {"type": "content_block_start", "index": 0, "content_block": {"type": type_, **fields}}]


def _grown(type_: str, **fields: object) -> Callable[[int], Fields]:
    return lambda _: {"type": "content_block_delta", "index": 0, "delta": {"type": type_, **fields}}


_MESSAGES: dict[str, _Stream] = {
    "text": (_block("text"), _grown("text_delta", text=PAD)),
    "thinking": (_block("thinking"), _grown("thinking_delta", thinking=PAD)),
    "signatures": (_block("thinking"), _grown("signature_delta", signature=PAD)),
    "arguments": (_block("tool_use", id="1", name="f"), _grown("input_json_delta", partial_json=PAD)),
    "citations": (_block("text"), _grown("citations_delta", citation={"title": PAD})),
    "deltas of other kinds": (_block("text"), _grown("zz", zz=PAD)),
    "blocks of other kinds": (_block("zz"), _grown("zz", zz=PAD)),
    "values of other kinds": (_block("zz"), lambda number: _grown("zz", **{f"zz_{number}": [PAD]})(0)),
    "blocks": (
        [_START],
        lambda n: {"type": "content_block_start", "index": n, "content_block": {"type": "text", "zz": PAD}},
    ),
    "beginnings": ([], lambda number: {"type": "message_start", f"zz_{number}": PAD, "message": {"content": []}}),
    "unknown fields": ([_START], lambda n: {"type": "message_delta", "delta": {}, f"zz_{n}": PAD}),
    "unknown fields of a delta": (
        _block("text"),
        lambda number: {**_grown("text_delta", text="a")(0), f"zz_{number}": PAD},
    ),
    "containers": ([_START], lambda number: {"type": "message_delta", "delta": {"container": {f"{number}": PAD}}}),
    "unknown events": ([_START], lambda _: {"type": "zz", "zz": PAD}),
}


def _told(type_: str, number: int, **message: object) -> Fields:
    return {"type": type_, "index": number, "delta": {"message": message}}


_CALLED = _told("tool-call-start", 0, tool_calls={"id": "1", "function": {"name": "f"}})

_COHERE: dict[str, _Stream] = {
    "text": (
        [_told("content-start", 0, content={"type": "text"})],
        lambda _: _told("content-delta", 0, content={"text": PAD}),
    ),
    "plan": ([], lambda _: _told("tool-plan-delta", 0, tool_plan=PAD)),
    "arguments": ([_CALLED], lambda _: _told("tool-call-delta", 0, tool_calls={"function": {"arguments": PAD}})),
    "arguments without a name": (
        [_told("tool-call-start", 0, tool_calls={})],
        lambda _: _told("tool-call-delta", 0, tool_calls={"function": {"arguments": PAD}}),
    ),
    "calls": ([], lambda number: _told("tool-call-start", number, tool_calls={"id": PAD})),
    "blocks": ([], lambda number: _told("content-start", number, content={"type": PAD})),
    "blocks of other kinds": (
        [_told("content-start", 0, content={"type": "zz"})],
        lambda _: _told("content-delta", 0, content={"text": PAD}),
    ),
    "values of other kinds": (
        [_told("content-start", 0, content={"type": "zz"})],
        lambda number: _told("content-delta", 0, content={f"zz_{number}": PAD}),
    ),
    "unknown fields of a block": (
        [_told("content-start", 0, content={"type": "text"})],
        lambda number: _told("content-delta", 0, content={f"zz_{number}": PAD}),
    ),
    "unknown fields of a call": ([_CALLED], lambda n: _told("tool-call-delta", 0, tool_calls={f"zz_{n}": PAD})),
    "citations": (
        [_told("content-start", 0, content={"type": "text", "text": "a"})],
        lambda _: _told("citation-start", 0, citations={"text": PAD}),
    ),
    "log probabilities": (
        [_told("content-start", 0, content={"type": "text"})],
        lambda _: {
            **_told("content-delta", 0, content={"text": "a"}),
            "logprobs": {"text": PAD, "logprobs": [-1.0], "token_ids": [1]},
        },
    ),
    "tokens of other kinds": (
        [_told("content-start", 0, content={"type": "text"})],
        lambda _: {**_told("content-delta", 0, content={"text": "a"}), "logprobs": {"zz": PAD}},
    ),
    "unknown fields": ([], lambda number: {"type": "debug", f"zz_{number}": PAD}),
    "unknown events": ([], lambda _: {"type": "zz", "zz": PAD}),
}

STREAMS = {"openai": _CHAT, "openai_responses": _RESPONSES, "anthropic": _MESSAGES, "cohere": _COHERE}
