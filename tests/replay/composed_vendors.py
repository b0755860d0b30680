"""Chat Completions of vendors that no recording is of, or whose recordings lack what they send beside the answer."""

import functools
from typing import Any

from replay.composed_chat import delta, token
from replay.composing import Exchange, Fields, bare, exchange, told, written
from replay.reading import Answer, Citation, Failure, Reasoning, Text, ToolCall, Usage

_FRAME = {"id": "c1", "created": 1, "model": "m"}
_USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
_COUNTED = Usage(3, 4)
_COUNTS: Fields = {"choices": [], "usage": _USAGE}
_STOP = delta({}, "stop")
_HI = Text("Hi")
_SAFE = {"hate": {"filtered": False, "severity": "safe"}}

_said = functools.partial(told, finish="STOP", word="stop", usage=_COUNTED)
_called = functools.partial(told, finish="TOOL_CALLS", word="tool_calls", usage=_COUNTED)


def function(name: str, arguments: str = "{}", **fields: Any) -> Fields:
    """Write a whole call, or the beginning of one."""
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def azure() -> dict[str, tuple[list[Fields], Any]]:
    """Return frames of its filters, which lack a choice or a delta, and of the sources that it was given."""
    nobody = {"id": "", "object": "", "created": 0, "model": ""}
    asked = {**nobody, "choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}]}
    offsets = {"check_offset": 44, "start_offset": 44, "end_offset": 198}
    checked = {"index": 0, "finish_reason": None, "content_filter_results": _SAFE, "content_filter_offsets": offsets}
    filtered = {**checked, "finish_reason": "content_filter"}
    context = {"citations": [{"content": "c", "title": "T", "url": "https://t", "chunk_id": "0"}], "intent": "[]"}
    return {
        "azure: a filter that looks": (
            [asked, delta({"content": "Hi"}), {**nobody, "choices": [checked]}, _STOP, _COUNTS],
            _said(_HI),
        ),
        "azure: a filter that steps in": (
            [asked, delta({"content": "Hi"}), {**nobody, "choices": [filtered]}, _COUNTS],
            told(_HI, finish="CONTENT_FILTER", word="content_filter", usage=_COUNTED),
        ),
        "azure: data of one's own": (
            [
                delta({"role": "assistant", "context": context}, end_turn=False),
                delta({"content": "Hi"}),
                _STOP,
                _COUNTS,
            ],
            _said(_HI),
        ),
    }


def gemini() -> dict[str, tuple[list[Fields], Any]]:
    """Return calls without an index, and signatures; the counts stand in every chunk."""
    signed = {"extra_content": {"google": {"thought_signature": "AA"}}}
    calls = [function("f", '{"a":1}', id="x1", **signed), function("f", '{"a":2}', id="x2")]
    thinking = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 12}
    return {
        "gemini: calls": (
            [{**delta({"role": "assistant", "tool_calls": calls}, "stop"), "usage": thinking}],
            _called(
                ToolCall("x1", "f", '{"a":1}'),
                ToolCall("x2", "f", '{"a":2}'),
                word="stop",
                usage=Usage(3, 9, reasoning=5),
            ),
        ),
        "gemini: a signature at the end": (
            [
                {**delta({"role": "assistant", "content": "Hi"}), "usage": _USAGE},
                {**delta({"role": "assistant", "content": "", **signed}, "stop"), "usage": thinking},
            ],
            _said(_HI, usage=Usage(3, 9, reasoning=5)),
        ),
    }


def others() -> dict[str, tuple[list[Fields], Any]]:
    """Return what the rest sends."""
    piece = {"logprobs": None, "text": "Hi", "seed": None}
    begun = function("f", "", index=0, id="call_1")
    grown = [{"index": 0, "function": {"arguments": text}} for text in ('{"x":', "1}")]
    progress = {"total": 3, "cache": 0, "processed": 3, "time_ms": 5}
    running = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    link = {"title": "T", "link": "https://t", "content": "C"}
    broke = {"message": "EngineCore encountered an issue.", "type": "InternalServerError", "param": None, "code": 500}
    over = {"code": 400, "message": "no", "type": "exceed_context_size_error", "n_prompt_tokens": 5, "n_ctx": 4}
    lost = {"code": 502, "message": "no", "metadata": {"provider_name": "p"}}
    return {
        "together": (
            [
                delta({"token_id": 1, "role": "assistant", "content": "Hi", "tool_calls": None}, **piece),
                {**delta({"token_id": 2, "content": ""}, "eos", **{**piece, "text": "", "seed": 5}), "usage": _USAGE},
            ],
            _said(_HI, word="eos"),
        ),
        "fireworks": (
            [
                delta({"content": "Hi"}),
                *(delta({"tool_calls": [one]}) for one in (begun, *grown)),
                {**delta({}, "tool_calls"), "usage": _USAGE},
            ],
            _called(_HI, ToolCall("call_1", "f", '{"x":1}')),
        ),
        "vllm": (
            [
                delta({"role": "assistant", "content": "", "reasoning_content": None}),
                {**delta({"reasoning": "Hm"}, token_ids=None), "usage": running},
                {**delta({"content": "Hi"}, logprobs={"content": [token("Hi")]}), "usage": running},
                {**delta({"content": ""}, "stop", stop_reason="END", token_ids=None), "usage": _USAGE},
                _COUNTS,
            ],
            _said(Reasoning("Hm"), _HI, stop_sequence="END", logprobs=1),
        ),
        "vllm: it fails": ([delta({"content": "Hi"}), {"error": broke}], Failure("UNAVAILABLE", "PROVIDER_ERROR")),
        "llama.cpp": (
            [
                {**delta({"role": "assistant", "content": None}), "prompt_progress": progress},
                delta({"reasoning_content": "Hm"}),
                delta({"content": "Hi"}),
                _STOP,
                {**_COUNTS, "timings": {"prompt_n": 3, "predicted_ms": 1.5}},
            ],
            _said(Reasoning("Hm"), _HI),
        ),
        "llama.cpp: too long": ([{"error": over}], Failure("INVALID_ARGUMENT", "CONTEXT_LENGTH_EXCEEDED")),
        "lmstudio": ([delta({"role": "assistant", "content": "Hi"}), _STOP, {**_COUNTS, "stats": {}}], _said(_HI)),
        "zai: a search": (
            [
                delta({"reasoning_content": "Hm"}),
                delta({"content": "Hi"}),
                {**delta({"content": ""}, "stop"), "usage": _USAGE, "web_search": [link]},
            ],
            _said(Reasoning("Hm"), _HI),
        ),
        "xai: sources": (
            [delta({"content": "Hi"}), _STOP, {**_COUNTS, "citations": ["https://a"]}],
            _said(Text("Hi", (Citation("https://a"),))),
        ),
        "openrouter: the vendor behind it leaves": (
            [delta({"content": "Hi"}), delta({"content": ""}, "error", error=lost)],
            Failure("UNAVAILABLE", "PROVIDER_UNAVAILABLE"),
        ),
    }


def wholes() -> dict[str, tuple[Fields, str, Answer]]:
    """Return messages, why they end, and what they say."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "closed": True}
    pieces = [thinking, {"type": "text", "text": "H"}, {"type": "reference", "reference_ids": [1]}]
    file = {"type": "file", "file": {"hash": "h", "name": "a.pdf", "content": [{"type": "text", "text": "x"}]}}
    return {
        "mistral: blocks": (
            {"content": [*pieces, {"type": "text", "text": "i"}]},
            "stop",
            _said(Reasoning("Hm"), Text("Hi", (Citation(),))),
        ),
        "openrouter: a file": (
            {"content": "Hi", "annotations": [file]},
            "stop",
            _said(Text("Hi", (Citation("", "a.pdf"),))),
        ),
        "gemini: nothing": ({}, "stop", _said()),
        "fireworks: a call": (
            {"content": None, "tool_calls": [function("f", id="call_1", index=0)]},
            "tool_calls",
            _called(ToolCall("call_1", "f", "{}")),
        ),
    }


def exchanges() -> list[Exchange]:
    """Compose all of them."""
    made = []
    for name, (chunks, heard) in (azure() | gemini() | others()).items():
        whole = [{**_FRAME, "object": "chat.completion.chunk", **chunk} for chunk in chunks]
        made.append(exchange("chat", name, bare(whole), heard, streamed=True))
    for name, (message, word, answer) in wholes().items():
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": word}
        body = {**_FRAME, "object": "chat.completion", "choices": [choice], "usage": _USAGE}
        # Spaces keep a connection warm until there is an answer.
        made.append(exchange("chat", f"whole {name}", b"\n  \n" * 99 + written(body), answer, streamed=False))
    return made
