"""The canned answers, byte for byte as a vendor sends them: 80 output tokens, streamed as 50 chunks."""

import json
from typing import Any

OUTPUT_TOKENS = 80
INPUT_TOKENS = 20
CHUNKS = 50

_WORDS = ("Air ", "scatters ", "the ", "short ", "waves ", "of ", "sunlight ", "more ", "than ", "long ", "ones. ")
PIECES = tuple(_WORDS[number % len(_WORDS)] for number in range(CHUNKS))
TEXT = "".join(PIECES)

_REQUEST_ID = "req_0123456789abcdef0123456789abcdef"
_HEAD = f"HTTP/1.1 200 OK\r\ndate: Mon, 06 Jan 2025 00:00:00 GMT\r\nserver: canned\r\nx-request-id: {_REQUEST_ID}\r\n"
_END = b"0\r\n\r\n"


class Wire:
    """One wire format's answer.

    Attributes:
        whole: The unstreamed answer, headers included.
        head: What stands before a streamed answer's first event.
        chunks: The streamed answer's events, each an HTTP chunk of its own: `CHUNKS` deltas and what frames them.
    """

    def __init__(self, whole: dict[str, Any], events: list[bytes]) -> None:
        body = _json(whole)
        head = f"{_HEAD}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.whole = head.encode() + body
        self.head = f"{_HEAD}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        self.chunks = (*(b"%x\r\n%b\r\n" % (len(event), event) for event in events), _END)


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _openai() -> Wire:
    usage = {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    common = {"id": "chatcmpl-0123456789abcdef", "created": 1736121600, "model": "gpt-4o-2024-08-06"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        data = {**common, "object": "chat.completion.chunk", "choices": [choice], "usage": None}
        return b"data: %b\n\n" % _json(data)

    message = {"role": "assistant", "content": TEXT, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    counts = {**common, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    first = chunk({"role": "assistant", "content": "", "refusal": None})
    last = (chunk({}, "stop"), b"data: %b\n\n" % _json(counts), b"data: [DONE]\n\n")
    return Wire(
        {**common, "object": "chat.completion", "choices": [choice], "usage": usage},
        [first, *(chunk({"content": piece}) for piece in PIECES), *last],
    )


def _anthropic() -> Wire:
    usage = {
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": OUTPUT_TOKENS,
    }
    common = {"id": "msg_0123456789abcdef", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    stop = {"stop_reason": "end_turn", "stop_sequence": None}

    def event(name: str, **data: Any) -> bytes:
        return b"event: %b\ndata: %b\n\n" % (name.encode(), _json({"type": name, **data}))

    def delta(piece: str) -> bytes:
        return event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})

    begun: dict[str, Any] = {
        **common,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    return Wire(
        {**common, "content": [{"type": "text", "text": TEXT}], **stop, "usage": usage},
        [
            event("message_start", message=begun),
            event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
            *(delta(piece) for piece in PIECES),
            event("content_block_stop", index=0),
            event("message_delta", delta=stop, usage={"output_tokens": OUTPUT_TOKENS}),
            event("message_stop"),
        ],
    )


OPENAI = _openai()
ANTHROPIC = _anthropic()
