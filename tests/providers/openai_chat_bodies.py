"""Answers as Chat Completions sends them, and what becomes of them."""

import json
from typing import Any

from attempts import attempt
from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.incoming import Incoming
from llmrpc_server.providers.openai_chat.read import read_whole
from llmrpc_server.providers.openai_chat.stream import ChunkParser
from providers import answers

Fields = dict[str, Any]
Part = message_pb2.ContentPart

FRAME: Fields = {"id": "chatcmpl-1", "created": 1, "model": "m-1"}
DONE = "[DONE]"


class Told(answers.Told):
    """What was told of an answer: its parts in words, and why it ended."""

    @property
    def said(self) -> list[tuple[str, str]]:
        """What each part is, and its words."""
        return [(part.WhichOneof("kind") or "", _words(part)) for part in self.parts]

    @property
    def ended(self) -> tuple[str, str]:
        """Why it ended, in the API's word and the provider's."""
        finish = completion_pb2.FinishReason.Name(self.response.finish_reason)
        return finish.removeprefix("FINISH_REASON_"), self.response.provider_finish_reason


def _words(part: Part) -> str:
    match part.WhichOneof("kind"):
        case "tool_call":
            return f"{part.tool_call.id} {part.tool_call.name} {part.tool_call.arguments_json}"
        case "reasoning":
            return part.reasoning.text
        case "refusal":
            return part.refusal
        case "media":
            return part.media.mime_type
        case _:
            return part.text


def told(
    body: bytes,
    *,
    streaming: bool = True,
    done_message: bool = True,
    attempted: accounting_pb2.Attempt | None = None,
) -> Told:
    """Read a body, whole or a stream; what is known of the attempt goes to `attempted` even where it fails.

    Raises:
        ProviderError: It failed.
    """
    call = attempt(streaming=streaming)
    answer = Answer(call)
    incoming = Incoming(
        "acme",
        lambda: ChunkParser("acme", answer, done_message=done_message),
        lambda data: read_whole("acme", data, answer),
    )
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


def whole(
    message: Fields | None = None, *, finish: str | None = "stop", choice: Fields | None = None, **fields: Any
) -> bytes:
    """Write an unstreamed answer: its message, what else its choice has, and other fields of it."""
    said = {} if message is None else {"message": {"role": "assistant", **message}}
    made = {"index": 0, "finish_reason": finish, **said, **(choice or {})}
    return json.dumps({**FRAME, "object": "chat.completion", "choices": [made], **fields}).encode()


def chunk(
    delta: Fields | None = None, *, finish: str | None = None, choice: Fields | None = None, **fields: Any
) -> Fields:
    """Write a chunk of a streamed answer, likewise."""
    made = {"index": 0, "delta": delta or {}, "finish_reason": finish, **(choice or {})}
    return {**FRAME, "object": "chat.completion.chunk", "choices": [made], **fields}


def events(*data: Fields | str) -> bytes:
    """Write the events of a stream."""
    return "".join(f"data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in data).encode()


def stream(*deltas: Fields, finish: str | None = "stop", **fields: Any) -> bytes:
    """Write a stream of these pieces of a message."""
    return events(*map(chunk, deltas), chunk(finish=finish), {**FRAME, "choices": [], **fields}, DONE)


def calling(*calls: Fields) -> Fields:
    """Write a piece of a message with pieces of tool calls."""
    return {"tool_calls": list(calls)}


def piece(index: int | None, id_: str | None = None, name: str | None = None, arguments: Any = None) -> Fields:
    """Write a piece of a tool call; None is left out."""
    function = {"name": name, "arguments": arguments}
    fields = {"index": index, "id": id_, "function": {key: one for key, one in function.items() if one is not None}}
    return {key: value for key, value in fields.items() if value is not None}
