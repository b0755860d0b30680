"""The same canned answers in the wire formats that only decoding is measured in: Responses and Cohere's chat."""

import json
from typing import Any

from bench.wire import INPUT_TOKENS, OUTPUT_TOKENS, PIECES, TEXT, Wire


def _event(name: str, **data: Any) -> bytes:
    value = json.dumps({"type": name, **data}, separators=(",", ":"))
    return f"event: {name}\ndata: {value}\n\n".encode()


def _responses() -> Wire:
    usage = {
        "input_tokens": INPUT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": OUTPUT_TOKENS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }
    common = {
        "id": "resp_0123456789abcdef",
        "object": "response",
        "created_at": 1736121600,
        "model": "gpt-4o-2024-08-06",
    }
    begun = {**common, "status": "in_progress", "output": [], "usage": None, "error": None}
    place = {"item_id": "msg_0123456789abcdef", "output_index": 0, "content_index": 0}
    item = {"id": "msg_0123456789abcdef", "type": "message", "role": "assistant"}
    text = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    done_item = {**item, "status": "completed", "content": [text]}
    whole = {**common, "status": "completed", "output": [done_item], "usage": usage, "error": None}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}),
        ("response.content_part.added", {**place, "part": {**text, "text": ""}}),
        *(("response.output_text.delta", {**place, "delta": piece, "logprobs": []}) for piece in PIECES),
        ("response.output_text.done", {**place, "text": TEXT, "logprobs": []}),
        ("response.content_part.done", {**place, "part": text}),
        ("response.output_item.done", {"output_index": 0, "item": done_item}),
        ("response.completed", {"response": whole}),
    ]
    return Wire(whole, [_event(name, sequence_number=number, **data) for number, (name, data) in enumerate(events)])


def _cohere() -> Wire:
    tokens = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    usage = {"billed_units": tokens, "tokens": tokens}
    content = [{"type": "text", "text": TEXT}]
    identity = "01234567-89ab-cdef-0123-456789abcdef"
    message = {"role": "assistant", "content": content}
    begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    return Wire(
        {"id": identity, "message": message, "finish_reason": "COMPLETE", "usage": usage},
        [
            _event("message-start", id=identity, delta={"message": begun}),
            _event("content-start", index=0, delta={"message": {"content": {"type": "text", "text": ""}}}),
            *(_event("content-delta", index=0, delta={"message": {"content": {"text": piece}}}) for piece in PIECES),
            _event("content-end", index=0),
            _event("message-end", delta={"finish_reason": "COMPLETE", "usage": usage}),
            b"data: [DONE]\n\n",
        ],
    )


RESPONSES = _responses()
COHERE = _cohere()
