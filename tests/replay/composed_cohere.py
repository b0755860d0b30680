"""Cohere's Chat as its documentation has it, where no recording does."""

import functools
from typing import Any

from replay.composing import Exchange, Fields, exchange, named, told, written
from replay.reading import Citation, Failure, Item, Reasoning, Text, ToolCall, Usage

_BILLED = {"input_tokens": 3.0, "output_tokens": 4.0, "search_units": 1, "classifications": None}
_USAGE = {"billed_units": _BILLED, "tokens": {"input_tokens": 30.0, "output_tokens": 5.0}, "cached_tokens": 2}
_HI = Text("Hi")
_SOURCES = [
    {"type": "document", "id": "doc:0", "document": {"id": "doc:0", "title": "T", "text": "x"}},
    {"type": "tool", "id": "a:0", "tool_output": {"url": "https://u"}},
]
_CITATION = {"start": 0, "end": 2, "text": "Hi", "sources": _SOURCES, "content_index": 0, "type": "TEXT_CONTENT"}
_CITED = Text("Hi", (Citation("", "T", 0, 2),))

_said = functools.partial(told, finish="STOP", word="COMPLETE", usage=Usage(30, 5, 2), model="")
_called = functools.partial(_said, finish="TOOL_CALLS", word="TOOL_CALL")


def message(type_: str, index: int | None = None, **said: Any) -> Fields:
    """Write an event about the message."""
    at = {} if index is None else {"index": index}
    return {"type": type_, **at, "delta": {"message": said}}


def block(text: str, index: int = 0, sort: str = "text") -> list[Fields]:
    """Write a block, a character an event."""
    begin = message("content-start", index, content={"type": sort, sort: ""})
    return [
        begin,
        *(message("content-delta", index, content={sort: one}) for one in text),
        {"type": "content-end", "index": index},
    ]


def call(index: int, id_: str, name: str, *arguments: str | None) -> list[Fields]:
    """Write a tool call."""
    begun = {"id": id_, "type": "function", "function": {"name": name, "arguments": None}}
    grown = ({"function": {"arguments": piece}} for piece in arguments)
    return [
        message("tool-call-start", index, tool_calls=begun),
        *(message("tool-call-delta", index, tool_calls=one) for one in grown),
        {"type": "tool-call-end", "index": index},
    ]


def cite(**fields: Any) -> list[Fields]:
    """Write a citation."""
    return [message("citation-start", 0, citations={**_CITATION, **fields}), {"type": "citation-end", "index": 0}]


def streams() -> dict[str, tuple[list[Fields], Fields, Any]]:
    """Return events, how the message ends, and what they say."""
    plan = [message("tool-plan-delta", tool_plan=piece) for piece in ("I ", "will.")]
    to_call = {"finish_reason": "TOOL_CALL"}
    image = {"type": "image", "url": "u"}
    odd = [message("content-start", 1, content=image), {"type": "content-end", "index": 1}]
    probable = message("content-delta", 0, content={"text": "Hi"})
    probable["logprobs"] = {"token_ids": [1], "text": "Hi", "logprobs": [-0.5]}
    begin, *_, end = block("")
    billed = {"usage": {"billed_units": {"input_tokens": 3, "output_tokens": 4}}}
    return {
        "a plan and two calls": (
            [*plan, *call(0, "a", "f", '{"x"', ":1}"), *call(1, "b", "g", "{}")],
            to_call,
            _called(Reasoning("I will."), ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")),
        ),
        "a plan that is cited": (
            [*plan, *cite(type="PLAN"), *call(0, "a", "f", "{}", None)],
            to_call,
            _called(Reasoning("I will."), ToolCall("a", "f", "{}")),
        ),
        "a citation in a block": ([*block("Hi")[:-1], *cite(), block("Hi")[-1]], {}, _said(_CITED)),
        "a citation after its block": ([*block("Hi"), *cite()], {}, _said(_CITED)),
        "thinking": ([*block("Hm", 0, "thinking"), *block("Hi", 1)], {}, _said(Reasoning("Hm"), _HI)),
        "probabilities": ([begin, probable, end], {}, _said(_HI, logprobs=1)),
        "a block that is new": ([*block("Hi"), *odd], {}, _said(_HI, Item("image", image))),
        "events that are new": (
            [{"type": "heartbeat", "x": 1}, {"type": "debug", "prompt": "x"}, *block("Hi")],
            {},
            _said(_HI),
        ),
        "billed units alone": (block("Hi"), billed, _said(_HI, usage=Usage(3, 4))),
        "no usage": (block("Hi"), {"usage": None}, _said(_HI, usage=None)),
        "an error": (block("Hi"), {"finish_reason": "ERROR", "error": "no"}, Failure("UNAVAILABLE", "PROVIDER_ERROR")),
        "a limit": (block("Hi"), {"finish_reason": "ERROR_LIMIT"}, Failure("UNAVAILABLE", "PROVIDER_ERROR")),
        "a timeout": (block("Hi"), {"finish_reason": "TIMEOUT"}, Failure("UNAVAILABLE", "PROVIDER_TIMEOUT")),
    }


def wholes() -> dict[str, tuple[Fields, Fields, Any]]:
    """Return messages, what stands beside them, and what they say."""
    content = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}]
    tokens = [{"token_ids": [1], "text": "H", "logprobs": [-0.5]}, {"token_ids": [2], "text": "i", "logprobs": [-0.5]}]
    call_ = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return {
        "whole plan": (
            {"tool_plan": "I will.", "tool_calls": [call_], "citations": [{**_CITATION, "type": "PLAN"}]},
            {"finish_reason": "TOOL_CALL"},
            _called(Reasoning("I will."), ToolCall("a", "f", "{}")),
        ),
        "whole citation beside probabilities": (
            {"content": content, "citations": [{**_CITATION, "content_index": 1}]},
            {"logprobs": tokens},
            _said(Reasoning("Hm"), _CITED, logprobs=2),
        ),
        "whole nulls": (dict.fromkeys(("content", "tool_calls", "citations", "tool_plan")), {}, _said()),
        "whole error": ({"content": content}, {"finish_reason": "ERROR"}, Failure("UNAVAILABLE", "PROVIDER_ERROR")),
    }


def exchanges() -> list[Exchange]:
    """Compose all of them."""
    made = []
    ended = {"finish_reason": "COMPLETE", "usage": _USAGE}
    start = message("message-start", role="assistant", content=[], tool_plan="", tool_calls=[], citations=[])
    for name, (events, end, heard) in streams().items():
        body = named([{**start, "id": "i1"}, *events, {"type": "message-end", "delta": {**ended, **end}}])
        made.append(exchange("chat_v2", name, body + b"data: [DONE]\n\n", heard, streamed=True))
    for name, (said, beside, heard) in wholes().items():
        whole = {"id": "i1", "message": {"role": "assistant", **said}, **ended, **beside}
        made.append(exchange("chat_v2", name, written(whole), heard, streamed=False))
    too_long = Failure("INVALID_ARGUMENT", "CONTEXT_LENGTH_EXCEEDED")
    error = written({"id": "i1", "message": "too many tokens: size limit exceeded by 3"})
    worded = named([start, *block("Hi")]) + b"event: error\ndata: upstream connect error\n\n"
    return [
        *made,
        exchange("chat_v2", "an error in place of a message", error, too_long, streamed=False),
        exchange("chat_v2", "an error in words", worded, Failure("UNAVAILABLE", "PROVIDER_ERROR"), streamed=True),
    ]
