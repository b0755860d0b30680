"""The objects that Cohere sends: a whole answer, and the events of a streamed one."""

from typing import Any

import msgspec

from llmrpc_server.providers.reading import Known, Reader

KIND = "cohere"


class BilledUnits(Known, omit_defaults=True):
    """What is paid for."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    image_tokens: int | None = None
    images: int | None = None
    search_units: float | int | None = None
    classifications: float | int | None = None


class Tokens(Known):
    """What the model read and wrote."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    image_tokens: int | None = None


class Usage(Known):
    """Counts of one answer."""

    billed_units: BilledUnits | None = None
    tokens: Tokens | None = None
    cached_tokens: int | None = None


class Logprobs(Known):
    """A piece of text with its tokens' ids and log probabilities."""

    text: str | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None


class Content(Known, omit_defaults=True):
    """A block of the answer, or what it grows by: text or thinking, whichever its type says."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class Function(Known):
    """What a tool call calls."""

    name: str | None = None
    arguments: str | None = None


class ToolCall(Known):
    """A tool call, or what it grows by."""

    id: str | None = None
    type: str | None = None
    function: Function | None = None


class Source(Known):
    """Where a citation comes from: a document of the request, or a tool's result."""

    type: str | None = None
    id: str | None = None
    document: dict[str, Any] | None = None
    tool_output: dict[str, Any] | None = None


class Citation(Known):
    """Words of the answer and their sources; an index of 0 may be left out."""

    start: int | None = None
    end: int | None = None
    text: str | None = None
    sources: list[Source] | None = None
    content_index: int | None = None
    type: str | None = None


class Message(Known):
    """The assistant's message in an unstreamed answer."""

    role: str | None = None
    tool_plan: str | None = None
    content: list[Content] | None = None
    tool_calls: list[ToolCall] | None = None
    citations: list[msgspec.Raw] | None = None


class Chat(Known):
    """An unstreamed answer; an error has text for a message."""

    id: str | None = None
    message: Message | str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    logprobs: list[Logprobs] | None = None
    error_type: str | None = None


class MessageDelta(Known):
    """What the message grows by: lists in the event that starts it, one object in those that follow."""

    role: str | None = None
    tool_plan: str | None = None
    content: list[Content] | Content | None = None
    tool_calls: list[ToolCall] | ToolCall | None = None
    # Empty where it is absent.
    citations: msgspec.Raw = msgspec.Raw()


class Delta(Known):
    """What the answer grows by."""

    message: MessageDelta | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    error: str | None = None


class ChatEvent(Known):
    """An event of a stream; only an error has a message of its own, whatever that holds."""

    type: str | None = None
    id: str | None = None
    index: int | None = None
    delta: Delta | None = None
    logprobs: Logprobs | None = None
    prompt: str | None = None
    message: Any = None
    error_type: str | None = None


CHATS = Reader(Chat, "a chat answer")
EVENTS = Reader(ChatEvent, "an event of a chat")
CITATIONS = Reader(Citation, "a citation")
