"""Anthropic's Messages as their documentation has them, where no recording does."""

import functools
from typing import Any

from replay.composing import Exchange, Fields, exchange, named, told, written
from replay.reading import Citation, Failure, Item, Reasoning, Text, ToolCall, Usage

_START = {
    "input_tokens": 5,
    "cache_creation_input_tokens": 2,
    "cache_read_input_tokens": 3,
    "output_tokens": 1,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 0},
    "service_tier": "standard",
}
_HI = Text("Hi")
_TEXT: Fields = {"type": "text", "text": ""}
_STREAMED, _WHOLE = Usage(10, 9, 3, 2), Usage(10, 1, 3, 2)
_OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}

_said = functools.partial(told, finish="STOP", word="end_turn", usage=_STREAMED)

# Each kind of citation, and what of it has a place of its own.
_OF_DOCUMENT = {"cited_text": "a", "document_index": 0, "document_title": "D"}
_CITED: list[tuple[Fields, Citation]] = [
    ({"type": "char_location", **_OF_DOCUMENT, "start_char_index": 0, "end_char_index": 1}, Citation(title="D")),
    ({"type": "page_location", **_OF_DOCUMENT, "start_page_number": 1, "end_page_number": 2}, Citation(title="D")),
    (
        {"type": "content_block_location", **_OF_DOCUMENT, "start_block_index": 0, "end_block_index": 1},
        Citation(title="D"),
    ),
    (
        {"type": "web_search_result_location", "url": "https://t", "title": "T", "encrypted_index": "e"},
        Citation("https://t", "T"),
    ),
    (
        {"type": "search_result_location", "source": "https://s", "title": "S", "search_result_index": 0},
        Citation("https://s", "S"),
    ),
]
_CITING = Text("Hi", tuple(citation for _, citation in _CITED))


def says(text: str) -> Fields:
    """Write what a text grows by."""
    return {"type": "text_delta", "text": text}


def types(*pieces: str) -> list[Fields]:
    """Write the pieces of a tool's input."""
    return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def item(**block: Any) -> Item:
    """Say what a block without a place of its own should be."""
    return Item(block["type"], block)


def use(name: str, **fields: Any) -> Fields:
    """Write the beginning of a call of a tool."""
    return {"type": "server_tool_use", "id": "st", "name": name, "input": {}, **fields}


def streams() -> dict[str, tuple[list[list[Fields]], Fields, Any]]:
    """Return blocks with what they grow by, the message's end, and what they say."""
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "st",
        "content": [{"type": "web_search_result", "url": "u"}],
    }
    ran = {"type": "bash_code_execution_tool_result", "tool_use_id": "st", "content": {"stdout": "x", "return_code": 0}}
    answered = {"type": "mcp_tool_result", "tool_use_id": "mt", "is_error": False, "content": []}
    asked = {"type": "mcp_tool_use", "id": "mt", "name": "f", "server_name": "s", "input": {}}
    hi = [_TEXT, says("H"), says("i")]
    searched = {"input_tokens": 50, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 10, "output_tokens": 9}
    thought = [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm"},
        {"type": "ping"},
        {"type": "signature_delta", "signature": "sig"},
    ]
    counted = {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}, "iterations": []}
    return {
        "thinking": (
            [thought, [{"type": "redacted_thinking", "data": "zz"}], hi],
            {},
            _said(Reasoning("Hm"), Reasoning("", hidden=True), _HI),
        ),
        "citations": (
            [[*hi, *({"type": "citations_delta", "citation": one} for one, _ in _CITED)]],
            {},
            _said(_CITING),
        ),
        "a search that pauses": (
            [[use("web_search"), *types("", '{"query":', '"q"}')], [found], hi],
            {
                "delta": {"stop_reason": "pause_turn"},
                "usage": {**searched, "server_tool_use": {"web_search_requests": 1}},
            },
            told(
                item(**use("web_search", input={"query": "q"})),
                item(**found),
                _HI,
                finish="PAUSED",
                word="pause_turn",
                usage=Usage(60, 9, 10, 0),
            ),
        ),
        "a container": (
            [[use("bash_code_execution"), *types('{"command":"ls"}')], [ran], hi],
            {"delta": {"stop_reason": "end_turn", "container": {"id": "c", "expires_at": "2026"}}},
            _said(item(**use("bash_code_execution", input={"command": "ls"})), item(**ran), _HI),
        ),
        "tools of MCP": (
            [[asked, *types('{"a":1}')], [answered]],
            {},
            _said(item(**{**asked, "input": {"a": 1}}), item(**answered)),
        ),
        "arguments cut off": (
            [[{"type": "tool_use", "id": "t", "name": "f", "input": {}}, *types('{"a": tru')]],
            {"delta": {"stop_reason": "max_tokens"}},
            _said(ToolCall("t", "f", '{"a": tru'), finish="MAX_TOKENS", word="max_tokens"),
        ),
        "a call without arguments": (
            [[{"type": "tool_use", "id": "t", "name": "f", "input": {}}, *types("")]],
            {"delta": {"stop_reason": "tool_use"}},
            _said(ToolCall("t", "f", "{}"), finish="TOOL_CALLS", word="tool_use"),
        ),
        "a refusal": (
            [],
            {"delta": {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "cyber"}}},
            _said(finish="REFUSAL", word="refusal"),
        ),
        "a full window": (
            [hi],
            {"delta": {"stop_reason": "model_context_window_exceeded"}},
            _said(_HI, finish="MAX_TOKENS", word="model_context_window_exceeded"),
        ),
        "a stop sequence": (
            [hi],
            {"delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"}},
            _said(_HI, word="stop_sequence", stop_sequence="END"),
        ),
        "a pause after compaction": (
            [[{"type": "compaction", "content": None}, {"type": "compaction_delta", "content": "Sum"}]],
            {"delta": {"stop_reason": "compaction"}, "context_management": {"applied_edits": []}},
            _said(item(type="compaction", content="Sum"), finish="PAUSED", word="compaction"),
        ),
        "counts that grow": ([hi], {"usage": counted}, _said(_HI, usage=Usage(10, 9, 3, 2, 4))),
        "what is new": ([[*hi, {"type": "odd_delta", "x": 1}]], {}, _said(_HI)),
    }


def wholes() -> dict[str, tuple[list[Fields], Any]]:
    """Return blocks, with what they say."""
    failed = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    result = {"type": "web_search_tool_result", "tool_use_id": "st", "content": failed}
    cited = {**_TEXT, "text": "Hi", "citations": [one for one, _ in _CITED]}
    hi = {**_TEXT, "text": "Hi", "citations": None}
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}}
    said = functools.partial(_said, usage=_WHOLE)
    return {
        "whole nothing": ([], said()),
        "whole citations": ([cited], said(_CITING)),
        "whole call": ([call], said(ToolCall("t", "f", {"a": 1}), finish="TOOL_CALLS")),
        "whole call in a string": (
            [{**call, "input": '{"a":1}'}, {**call, "id": "u", "input": ""}, {**call, "id": "v", "input": [1]}],
            said(ToolCall("t", "f", {"a": 1}), ToolCall("u", "f", {}), ToolCall("v", "f", [1]), finish="TOOL_CALLS"),
        ),
        "whole search that failed": (
            [use("web_search", input={"query": "q"}), result, hi],
            said(item(**use("web_search", input={"query": "q"})), item(**result), _HI),
        ),
    }


def exchanges() -> list[Exchange]:
    """Compose all of them."""
    made = []
    begun = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "usage": _START}
    start: Fields = {"type": "message_start", "message": {**begun, "content": [], "stop_reason": None}}
    for name, (blocks, last, heard) in streams().items():
        end = {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}, **last}
        events: list[Fields] = [
            start,
            {"type": "ping"},
            *_events(blocks),
            {"type": "message_delta", **end},
            {"type": "message_stop"},
        ]
        made.append(exchange("messages", name, named(events), heard, streamed=True))
    for name, (content, heard) in wholes().items():
        body = {**begun, "content": content, "stop_reason": "end_turn", "stop_sequence": None, "container": None}
        made.append(exchange("messages", name, written(body), heard, streamed=False))
    overloaded = Failure("UNAVAILABLE", "PROVIDER_OVERLOADED")
    end = {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}
    hi = _events([[_TEXT, says("Hi")]])
    bare: list[Fields] = [{"type": "ping"}, start, *hi, {"type": "message_delta", **end}, {"type": "message_stop"}]
    cut: list[Fields] = [start, *_events([[_TEXT, says("Hi")]])[:-1], _OVERLOADED]
    nameless = [{name: value for name, value in event.items() if name != "type"} for event in bare]
    named_alone = b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), written(rest))
        for event, rest in zip(bare, nameless, strict=True)
    )
    proxied = b'event: error\ndata: {"error":{"code":429,"message":"no"}}\n\n'
    limited = Failure("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED")
    worded = named(cut[:-1]) + b"event: error\ndata: upstream connect error\n\n"
    half = named(cut[:-1]) + b'event: error\ndata: {"type":"error","err'
    flat = b'event: error\ndata: {"message":"no","code":429}\n\n'
    failed = Failure("UNAVAILABLE", "PROVIDER_ERROR")
    return [
        *made,
        exchange("messages", "types by the events' names", named_alone, _said(_HI), streamed=True),
        exchange("messages", "a proxy's error in words", worded, failed, streamed=True),
        exchange("messages", "half an error", half, Failure("UNAVAILABLE", "PROVIDER_STREAM_TRUNCATED"), streamed=True),
        exchange("messages", "a proxy's flat error", flat, limited, streamed=True),
        exchange("messages", "a proxy's error", proxied, limited, streamed=True),
        exchange("messages", "overloaded in the middle", named(cut), overloaded, streamed=True),
        exchange("messages", "overloaded at once", named([_OVERLOADED]), overloaded, streamed=True),
        exchange("messages", "overloaded 529", written(_OVERLOADED), overloaded, streamed=False, status=529),
        exchange("messages", "overloaded 200", written(_OVERLOADED), overloaded, streamed=False),
    ]


def _events(blocks: list[list[Fields]]) -> list[Fields]:
    events: list[Fields] = []
    for index, (block, *deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        for delta in deltas:
            ping = delta["type"] == "ping"
            events.append(delta if ping else {"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    return events
