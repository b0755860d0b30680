"""Reads an unstreamed answer."""

from typing import Any

from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.ending import failure_in
from llmrpc_server.providers.cohere_chat.reply import Reply
from llmrpc_server.providers.cohere_chat.wire import CHATS, Chat, Message


def read_chat(provider: str, data: bytes, answer: Answer) -> None:
    """Read the whole answer.

    Raises:
        ProviderError: It is an error, or not of this format.
    """
    chat, unknown = CHATS.read(provider, data)
    message = chat.message
    if not isinstance(message, Message):
        raise failure_in(provider, {**unknown, "message": message, "error_type": chat.error_type})
    reply = Reply(provider, answer)
    of_message = unknown.pop("message", {})
    _read_message(message, of_message, reply)
    _read_logprobs(chat, unknown.pop("logprobs", None), reply)
    id_ = {"id": chat.id} if chat.id else {}
    answer.note({**id_, **unknown, **({"message": of_message} if of_message else {})})
    reply.end(chat.finish_reason, chat.usage)


def _read_message(message: Message, unknown: dict[str, Any], reply: Reply) -> None:
    reply.contents.plan(message.tool_plan or "")
    of_content = unknown.pop("content", None)
    for index, content in enumerate(message.content or ()):
        reply.contents.begin(index, content, _at(of_content, index))
        reply.contents.finish(index)
    for citation in message.citations or ():
        reply.cite(citation)
    of_calls = unknown.pop("tool_calls", None)
    for index, call in enumerate(message.tool_calls or ()):
        reply.calls.begin(index, call, _at(of_calls, index))
        reply.calls.finish(index)


def _read_logprobs(chat: Chat, unknown: Any, reply: Reply) -> None:
    part = reply.contents.last_text
    for index, logprobs in enumerate(chat.logprobs or ()):
        reply.tell_logprobs(part, logprobs, _at(unknown, index))


def _at(unknown: Any, index: int) -> dict[str, Any]:
    """Return the unknown fields of a list's object; there is no list where no object has any."""
    return unknown[index] if unknown else {}
