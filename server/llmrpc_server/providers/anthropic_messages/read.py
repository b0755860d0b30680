"""Reads a whole message."""

from msgspec import Raw

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.anthropic_messages.block import Block
from llmrpc_server.providers.anthropic_messages.blocks import RedactedThinking, Text, Thinking, ToolUse
from llmrpc_server.providers.anthropic_messages.envelope import Envelope
from llmrpc_server.providers.anthropic_messages.item import Item
from llmrpc_server.providers.anthropic_messages.wire import MESSAGES
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.typed_events import type_of

_BLOCKS: dict[str, type[Text | Thinking | RedactedThinking | ToolUse]] = {
    "text": Text,
    "thinking": Thinking,
    "redacted_thinking": RedactedThinking,
    "tool_use": ToolUse,
}


def read(provider: str, data: bytes, answer: Answer) -> None:
    """Read a whole message into an answer.

    Raises:
        ProviderError: It is an error, or no message.
    """
    message, unknown = MESSAGES.read(provider, data)
    envelope = Envelope(provider, answer)
    if message.error is not None:
        answer.reported(request_id=message.request_id or "")
        raise to_error(Failure(provider, 0, {}, message.error))
    if message.content is None:
        raise ProviderBadResponse(f"{provider} sent a message without content")
    envelope.open(message, unknown)
    for content in message.content:
        begin(envelope, content).end()
    envelope.close()


def begin(envelope: Envelope, content: Raw) -> Block:
    """Begin the block of content that an object is, or is the start of."""
    data = bytes(content)
    type_ = type_of(data)
    if type_ is None:
        raise envelope.contradiction()
    block = _BLOCKS.get(type_)
    return Item(envelope, data, type_) if block is None else block(envelope, data)
