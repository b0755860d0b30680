"""OpenAI's Responses as their documentation has them, where no recording does."""

import functools
from typing import Any

from replay.composing import Exchange, Fields, exchange, named, told, written
from replay.reading import Answer, Citation, Failure, Item, Reasoning, Refusal, Text, ToolCall, Usage

_USAGE = {
    "input_tokens": 3,
    "output_tokens": 4,
    "total_tokens": 7,
    "input_tokens_details": {"cached_tokens": 1},
    "output_tokens_details": {"reasoning_tokens": 2},
}
_HELLO = Text("Hello")
_said = functools.partial(told, finish="STOP", word="completed", usage=Usage(3, 4, 1, reasoning=2))

# Items that come as they are, with the events of theirs that tell nothing more; the caller owes those with a call_id
# their results.
_ITEMS: dict[str, tuple[Fields, tuple[str, ...]]] = {
    "mcp_list_tools": ({"server_label": "s", "tools": []}, ("in_progress", "completed")),
    "mcp_call": ({"server_label": "s", "name": "f", "arguments": "{}", "output": "x", "error": None}, ("in_progress",)),
    "mcp_approval_request": ({"server_label": "s", "name": "f", "arguments": "{}"}, ()),
    "code_interpreter_call": (
        {"code": "1+1", "container_id": "c", "outputs": [{"type": "logs", "logs": "2"}], "status": "completed"},
        ("in_progress", "interpreting", "completed"),
    ),
    "image_generation_call": ({"result": "aGk=", "status": "completed"}, ("in_progress", "generating", "completed")),
    "file_search_call": ({"queries": ["q"], "results": None}, ("in_progress", "searching", "completed")),
    "web_search_call": ({"action": {"type": "search", "query": "q"}}, ("in_progress", "searching", "completed")),
    "compaction": ({"encrypted_content": "zz"}, ()),
    "custom_tool_call": ({"call_id": "call_1", "name": "sh", "input": "ls"}, ()),
    "computer_call": ({"call_id": "call_1", "action": {"type": "wait"}, "pending_safety_checks": []}, ()),
    "local_shell_call": ({"call_id": "call_1", "action": {"type": "exec", "command": ["ls"]}}, ()),
    "apply_patch_call": ({"call_id": "call_1", "operation": {"type": "delete_file", "path": "p"}}, ()),
}
# Deltas that the items tell as well.
_DELTAS: dict[str, Fields] = {
    "mcp_call": {"type": "response.mcp_call_arguments.delta", "delta": "{}"},
    "code_interpreter_call": {"type": "response.code_interpreter_call_code.delta", "delta": "1+1"},
    "image_generation_call": {
        "type": "response.image_generation_call.partial_image",
        "partial_image_index": 0,
        "partial_image_b64": "aGk=",
    },
    "custom_tool_call": {"type": "response.custom_tool_call_input.delta", "delta": "ls"},
}


def message(*content: Fields, status: str = "completed") -> Fields:
    """Write a message."""
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": list(content)}


def text(said: str, **fields: Any) -> Fields:
    """Write an output text."""
    return {"type": "output_text", "text": said, "annotations": [], "logprobs": [], **fields}


def event(type_: str, item: str = "msg_1", *, index: int = 0, **fields: Any) -> Fields:
    """Write an event about an item."""
    return {"type": f"response.{type_}", "item_id": item, "output_index": index, **fields}


def around(item: Fields, *events: Fields, index: int = 0) -> list[Fields]:
    """Write an item that begins, its events and its end."""
    begun = {**item, "content": []} if "content" in item else item
    return [
        {"type": "response.output_item.added", "output_index": index, "item": {**begun, "status": "in_progress"}},
        *events,
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]


def hosted() -> dict[str, tuple[list[Fields], list[Fields], Answer]]:
    """Return each item that comes as it is: its events, the output, and what they say."""
    made = {}
    for type_, (fields, steps) in _ITEMS.items():
        item = {"id": "it_1", "type": type_, **fields}
        deltas = [{"item_id": "it_1", "output_index": 0, **_DELTAS[type_]}] if type_ in _DELTAS else []
        events = [*deltas, *(event(f"{type_}.{step}", "it_1") for step in steps)]
        finish = "TOOL_CALLS" if "call_id" in fields else "STOP"
        made[type_] = (around(item, *events), [item], _said(Item(type_, item), finish=finish))
    return made


def spoken() -> dict[str, tuple[list[Fields], list[Fields], Answer]]:
    """Return events, the output, and what they say."""
    grown = [event("output_text.delta", content_index=0, delta=piece) for piece in ("Hel", "lo")]
    source = {"type": "url_citation", "start_index": 0, "end_index": 5, "url": "https://t", "title": "T"}
    annotated = event("output_text.annotation.added", content_index=0, annotation_index=0, annotation=source)
    token = {"token": "Hello", "logprob": -0.1, "top_logprobs": [{"token": "Hello", "logprob": -0.1}]}
    thought: Fields = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    thought["summary"] = [{"type": "summary_text", "text": one} for one in ("One", "Two")]
    raw = {**thought, "summary": [], "content": [{"type": "reasoning_text", "text": "Raw"}], "encrypted_content": None}
    summed = [
        told_of
        for number, one in enumerate(("One", "Two"))
        for told_of in (
            event("reasoning_summary_text.delta", "rs_1", summary_index=number, delta=one),
            event("reasoning_summary_text.done", "rs_1", summary_index=number, text=one),
        )
    ]
    calls = [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": f"f{n}", "arguments": f'{{"a":{n}}}'}
        for n in (0, 1)
    ]
    begun = [around({**call, "arguments": ""}, index=n)[0] for n, call in enumerate(calls)]
    done = [around(call, index=n)[-1] for n, call in enumerate(calls)]
    typed = [
        event("function_call_arguments.delta", f"fc_{n}", index=n, delta=piece)
        for n, piece in ((1, '{"a"'), (0, '{"a":0}'), (1, ":1}"))
    ]
    ran: list[Fields] = [
        {"id": "sh_1", "type": "shell_call", "call_id": "call_1", "action": {"commands": ["ls"]}},
        {"id": "sh_2", "type": "shell_call_output", "call_id": "call_1", "output": []},
    ]
    files = [
        {"type": "file_citation", "index": 0, "file_id": "f", "filename": "a.txt"},
        {"type": "container_file_citation", "file_id": "f", "filename": "b", "start_index": 0, "end_index": 1},
        {"type": "file_path", "file_id": "f", "index": 3},
    ]
    filed = Text("Hello", (Citation(title="a.txt"), Citation(title="b", start=0, end=1), Citation()))
    anon = {name: value for name, value in message(text("Hello")).items() if name != "id"}
    hello, no = message(text("Hello")), message({"type": "refusal", "refusal": "No."})
    cited = message(text("Hello", annotations=[source]))
    weighed = message(text("Hello", logprobs=[{**token, "bytes": list(b"Hello")}]))
    with_files = message(text("Hello", annotations=files), text("Bye"))
    declined = event("refusal.delta", content_index=0, delta="No.")
    probable = event("output_text.delta", content_index=0, delta="Hello", logprobs=[token])
    late = event("output_text.done", content_index=0, text="Hello", logprobs=[token])
    return {
        "cited": (around(cited, *grown, annotated), [cited], _said(Text("Hello", (Citation("https://t", "T", 0, 5),)))),
        "files": (around(with_files), [with_files], _said(filed, Text("Bye"))),
        "probabilities": (around(weighed, probable), [weighed], _said(_HELLO, logprobs=1)),
        "probabilities at the end": (around(weighed, *grown, late), [weighed], _said(_HELLO, logprobs=1)),
        "refusal": (around(no, declined), [no], _said(Refusal("No."), finish="REFUSAL")),
        "summary": (around(thought, *summed), [thought], _said(Reasoning("One\n\nTwo"))),
        "open reasoning": (
            around(raw, event("reasoning_text.delta", "rs_1", content_index=0, delta="Raw")),
            [raw],
            _said(Reasoning("Raw")),
        ),
        "two calls in turns": (
            [*begun, *typed, *reversed(done)],
            calls,
            _said(ToolCall("call_0", "f0", '{"a":0}'), ToolCall("call_1", "f1", '{"a":1}'), finish="TOOL_CALLS"),
        ),
        "a shell of its own": (
            [*around(ran[0]), *around(ran[1], index=1)],
            ran,
            _said(*(Item(item["type"], item) for item in ran)),
        ),
        "deltas alone": (grown, [hello], _said(_HELLO)),
        "nulls": (
            around(hello, *({**one, "content_index": None, "summary_index": None} for one in grown)),
            [hello],
            _said(_HELLO),
        ),
        "no ids, no indexes": (
            [{key: one[key] for key in one if key not in {"item_id", "output_index"}} for one in around(anon, *grown)],
            [anon],
            _said(_HELLO),
        ),
        "keepalive": ([{"type": "keepalive"}, *around(hello, *grown)], [hello], _said(_HELLO)),
    }


def exchanges() -> list[Exchange]:
    """Compose all of them, streamed and whole."""
    made = []
    for name, (events, output, heard) in (hosted() | spoken()).items():
        body = _stream([*events, {"type": "response.completed", "response": _response("completed", output)}])
        made.append(exchange("responses", name, body, heard, streamed=True))
        whole = written(_response("completed", output))
        made.append(exchange("responses", f"whole {name}", whole, heard, streamed=False))
    return [*made, *_endings()]


def _endings() -> list[Exchange]:
    part = message(text("Hello"), status="incomplete")
    grown = around(part, event("output_text.delta", content_index=0, delta="Hello"))
    filtered = _response("incomplete", [part], incomplete_details={"reason": "content_filter"})
    failed = _response("failed", [], error={"code": "server_error", "message": "no"})
    silent = {"type": "response.failed", "response": _response("failed", [], usage=None)}
    busy: Fields = {
        "type": "too_many_requests",
        "code": "too_many_requests",
        "message": "no",
        "headers": {},
        "param": None,
    }
    slow = {"code": "rate_limit_exceeded", "message": "no", "param": None}
    long = {"type": "invalid_request_error", "code": "context_length_exceeded", "message": "no"}
    ends: dict[str, tuple[list[Fields], Any]] = {
        "withheld": (
            [*grown, {"type": "response.incomplete", "response": filtered}],
            _said(_HELLO, finish="CONTENT_FILTER", word="content_filter"),
        ),
        "failed": ([*grown, {"type": "response.failed", "response": failed}], Failure("UNAVAILABLE", "PROVIDER_ERROR")),
        "failed without a word": ([*grown, silent], Failure("UNAVAILABLE", "PROVIDER_ERROR")),
        "failed, and then why": (
            [*grown, silent, {"type": "error", "error": busy}],
            Failure("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED"),
        ),
        "an error event": ([{"type": "error", **slow}], Failure("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED")),
        "an error inside": ([{"type": "error", "error": long}], Failure("INVALID_ARGUMENT", "CONTEXT_LENGTH_EXCEEDED")),
        "cut off": (grown, Failure("UNAVAILABLE", "PROVIDER_STREAM_TRUNCATED")),
    }
    worded = _stream(grown) + b"event: error\ndata: upstream connect error\n\n"
    return [
        exchange("responses", "an error in words", worded, Failure("UNAVAILABLE", "PROVIDER_ERROR"), streamed=True),
        *(exchange("responses", name, _stream(events), heard, streamed=True) for name, (events, heard) in ends.items()),
    ]


def _response(status: str, output: list[Fields], **fields: Any) -> Fields:
    frame = {"id": "resp_1", "object": "response", "model": "m", "error": None, "incomplete_details": None}
    return {**frame, "status": status, "output": output, "usage": _USAGE, **fields}


def _stream(events: list[Fields]) -> bytes:
    states = (("created", "in_progress"), ("queued", "queued"), ("in_progress", "in_progress"))
    begun = [
        {"type": f"response.{name}", "response": {**_response(state, []), "usage": None}} for name, state in states
    ]
    return named({**one, "sequence_number": number} for number, one in enumerate([*begun, *events]))
