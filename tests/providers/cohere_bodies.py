"""Answers as Cohere sends them, and what becomes of them."""

import json
from typing import Any

from attempts import attempt
from llmrpc.v1 import message_pb2
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.read import read_chat
from llmrpc_server.providers.cohere_chat.stream import ChatStream
from llmrpc_server.providers.incoming import Incoming
from providers.answers import Told

Fields = dict[str, Any]

START: Fields = {
    "type": "message-start",
    "id": "1",
    "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
}


def _state(type_: str) -> message_pb2.ProviderState:
    return message_pb2.ProviderState(kind="cohere", model="model", data=b'{"type":"%s"}' % type_.encode())


PLAN = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="I look."), provider_state=_state("tool_plan"))
THOUGHT = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="Hm."), provider_state=_state("thinking"))


def tool_call(id_: str, arguments: str = "") -> message_pb2.ContentPart:
    """Make the part of a tool call."""
    return message_pb2.ContentPart(tool_call=message_pb2.ToolCall(id=id_, name="look", arguments_json=arguments))


def told(body: bytes, *, streaming: bool = True) -> Told:
    """Read a body, whole or a stream.

    Raises:
        ProviderError: It failed.
    """
    call = attempt(streaming=streaming, kind="cohere")
    answer = Answer(call)
    incoming = Incoming("acme", lambda: ChatStream("acme", answer), lambda data: read_chat("acme", data, answer))
    failure = incoming.feed(body)
    if failure is not None:
        raise failure
    incoming.end()
    answer.close()
    events = answer.news()
    return Told(answer.completed().completed, events, call.attempt)


def chat(message: Fields, **fields: Any) -> bytes:
    """Write an unstreamed answer."""
    return json.dumps({"id": "1", "message": message, "finish_reason": "COMPLETE", **fields}).encode()


def stream(*events: Fields) -> bytes:
    """Write the events of a stream."""
    lines = [f"event: {event.get('type', '')}\ndata: {json.dumps(event)}\n\n" for event in events]
    return "".join(lines).encode()


def delta(type_: str, index: int | None = None, **message: Any) -> Fields:
    """Write an event about the message."""
    where = {} if index is None else {"index": index}
    return {"type": type_, **where, "delta": {"message": message}}


def block(index: int, type_: str, *pieces: str) -> list[Fields]:
    """Write the events of a block of content: its start, the pieces and its end."""
    name = "thinking" if type_ == "thinking" else "text"
    return [
        delta("content-start", index, content={"type": type_, name: ""}),
        *(delta("content-delta", index, content={name: piece}) for piece in pieces),
        {"type": "content-end", "index": index},
    ]


def end(finish: str | None = "COMPLETE", **fields: Any) -> Fields:
    """Write the event that ends a stream."""
    return {"type": "message-end", "delta": {"finish_reason": finish, **fields}}
