"""Messages as Anthropic sends them, and what becomes of them."""

import json
from typing import Any

from attempts import attempt
from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.anthropic_messages.read import read
from llmrpc_server.providers.anthropic_messages.stream import MessageParser
from llmrpc_server.providers.incoming import Incoming
from providers.answers import Told

Fields = dict[str, Any]
Part = message_pb2.ContentPart

STOP: Fields = {"type": "message_stop"}


def reader(call: Call) -> tuple[Answer, Incoming]:
    """Make an answer, and what reads a body into it."""
    answer = Answer(call)
    incoming = Incoming("acme", lambda: MessageParser("acme", answer), lambda data: read("acme", data, answer))
    return answer, incoming


def told(body: bytes, *, streaming: bool = True) -> Told:
    """Read a body, a whole message or a stream.

    Raises:
        ProviderError: It failed.
    """
    call = attempt(streaming=streaming, kind="anthropic")
    answer, incoming = reader(call)
    failure = incoming.feed(body)
    if failure is not None:
        raise failure
    incoming.end()
    answer.close()
    events = answer.news()
    return Told(answer.completed().completed, events, call.attempt)


def message(*content: Any, **fields: Any) -> bytes:
    """Write a whole message with this content."""
    return json.dumps({"type": "message", "role": "assistant", "content": content, **fields}).encode()


def stream(*events: Fields) -> bytes:
    """Write the events of a stream."""
    lines = [f"event: {event.get('type', '')}\ndata: {json.dumps(event)}\n\n" for event in events]
    return "".join(lines).encode()


def start(**fields: Any) -> Fields:
    """Write the event that a message begins with."""
    return {"type": "message_start", "message": {"type": "message", "role": "assistant", "content": [], **fields}}


def block(index: int, content: Fields, *deltas: Fields) -> list[Fields]:
    """Write the events of a block: its start, what it grows by and its end."""
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *(grow(index, delta) for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def grow(index: int, delta: Fields) -> Fields:
    """Write the event that a block grows by."""
    return {"type": "content_block_delta", "index": index, "delta": delta}


def change(delta: Fields, **fields: Any) -> Fields:
    """Write the event that tells why a message ends."""
    return {"type": "message_delta", "delta": delta, **fields}


def said(index: int, *texts: str) -> list[Fields]:
    """Write the events of a block of text."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": text} for text in texts))


def blocks(content: Fields, *deltas: Fields) -> bytes:
    """Write a stream with one block."""
    return stream(start(), *block(0, content, *deltas), change({"stop_reason": "end_turn"}), STOP)


def state(**fields: Any) -> message_pb2.ProviderState:
    """Make the state that is kept with a part."""
    data = json.dumps(fields, separators=(",", ":")).encode()
    return message_pb2.ProviderState(kind="anthropic", model="model", data=data)


def item(**fields: Any) -> Part:
    """Make the part of a block that only this provider has."""
    json_ = json.dumps(fields)
    return Part(provider_part=message_pb2.ProviderPart(kind="anthropic", type=fields["type"], json=json_))
