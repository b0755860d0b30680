"""Answers as OpenAI's Responses sends them, and what becomes of them."""

import json
from typing import Any

from attempts import attempt
from llmrpc.v1 import accounting_pb2, message_pb2
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.incoming import Incoming
from llmrpc_server.providers.openai_responses.read import whole
from llmrpc_server.providers.openai_responses.stream import ResponseStream
from providers import answers

Fields = dict[str, Any]
Part = message_pb2.ContentPart

TEXT: Fields = {"type": "output_text", "text": "Hi there", "annotations": [], "logprobs": []}
MESSAGE: Fields = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [TEXT]}
CALL: Fields = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "look",
    "arguments": '{"a":1}',
}
THOUGHTS: Fields = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "So."}, {"type": "summary_text", "text": "Hence."}],
    "encrypted_content": "gAAA",
}
SEARCH: Fields = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search"}}
USAGE: Fields = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 15,
}


class Told(answers.Told):
    """What was told of an answer: its parts and its events in words."""

    @property
    def said(self) -> list[tuple[str, str]]:
        """What each part is, and its words."""
        return [(part.WhichOneof("kind") or "", _words(part)) for part in self.parts]

    @property
    def steps(self) -> list[str]:
        """What happened, one word for each event."""
        return [event.WhichOneof("event") or "" for event in self.events]


def _words(part: Part) -> str:
    match part.WhichOneof("kind"):
        case "tool_call":
            return part.tool_call.arguments_json
        case "reasoning":
            return part.reasoning.text
        case "provider_part":
            return part.provider_part.type
        case "refusal":
            return part.refusal
        case _:
            return part.text


def told(body: bytes, *, streaming: bool = True, attempted: accounting_pb2.Attempt | None = None) -> Told:
    """Read a body, whole or a stream; what is known of the attempt goes to `attempted` even where it fails.

    Raises:
        ProviderError: It failed.
    """
    call = attempt(streaming=streaming, kind="openai_responses")
    answer = Answer(call)
    incoming = Incoming("acme", lambda: ResponseStream("acme", answer), lambda data: whole("acme", data, answer))
    try:
        if (failure := incoming.feed(body)) is not None:
            raise failure
        incoming.end()
    finally:
        if attempted is not None:
            attempted.CopyFrom(call.attempt)
    answer.close()
    events = answer.news()
    return Told(answer.completed().completed, events, call.attempt)


def response(*output: Fields, **fields: Any) -> Fields:
    """Write a response with some items."""
    return {"id": "resp_1", "object": "response", "status": "completed", "model": "m-1", "output": output, **fields}


def body(*output: Fields, **fields: Any) -> bytes:
    """Write an unstreamed answer with some items."""
    return json.dumps(response(*output, **fields)).encode()


def stream(*events: Fields) -> bytes:
    """Write the events of a stream."""
    lines = [f"event: {event.get('type', '')}\ndata: {json.dumps(event)}\n\n" for event in events]
    return "".join(lines).encode()


def event(type_: str, index: int = 0, **fields: Any) -> Fields:
    """Write an event about an item; `type_` goes without "response."."""
    return {"type": f"response.{type_}", "output_index": index, **fields}


def added(index: int, item: Fields) -> Fields:
    """Write that an item begins, with nothing in it yet."""
    empty: Fields = {"content": [], "summary": [], "arguments": "", "status": "in_progress"}
    return event("output_item.added", index, item={**item, **{name: empty[name] for name in item.keys() & empty}})


def text(index: int, *pieces: str) -> list[Fields]:
    """Write the pieces of a message's first text."""
    return [event("output_text.delta", index, content_index=0, item_id="x", delta=piece) for piece in pieces]


def message(index: int = 0, item: Fields = MESSAGE, *pieces: str) -> list[Fields]:
    """Write the events of a message: what it says in pieces, and once more as a whole."""
    content = item["content"][0]
    said = content["text"]
    return [
        added(index, item),
        event("content_part.added", index, content_index=0, part={**content, "text": ""}),
        *text(index, *(pieces or (said[:2], said[2:]))),
        event("output_text.done", index, content_index=0, text=said, logprobs=[]),
        event("content_part.done", index, content_index=0, part=content),
        event("output_item.done", index, item=item),
    ]


def call(index: int = 0, item: Fields = CALL) -> list[Fields]:
    """Write the events of a function call."""
    arguments = item["arguments"]
    return [
        added(index, item),
        event("function_call_arguments.delta", index, delta=arguments[:2]),
        event("function_call_arguments.delta", index, delta=arguments[2:]),
        event("function_call_arguments.done", index, arguments=arguments, name=item["name"]),
        event("output_item.done", index, item=item),
    ]


def thoughts(index: int = 0, item: Fields = THOUGHTS) -> list[Fields]:
    """Write the events of a reasoning item with a summary."""
    made = [added(index, item)]
    for number, part in enumerate(item["summary"]):
        where = {"summary_index": number}
        made += [
            event("reasoning_summary_part.added", index, **where, part={"type": "summary_text", "text": ""}),
            event("reasoning_summary_text.delta", index, **where, delta=part["text"][:1]),
            event("reasoning_summary_text.delta", index, **where, delta=part["text"][1:]),
            event("reasoning_summary_text.done", index, **where, text=part["text"]),
            event("reasoning_summary_part.done", index, **where, part=part),
        ]
    return [*made, event("output_item.done", index, item=item)]


def end(*output: Fields, status: str = "completed", **fields: Any) -> Fields:
    """Write the event that ends a stream."""
    return {"type": f"response.{status}", "response": response(*output, status=status, **fields)}
