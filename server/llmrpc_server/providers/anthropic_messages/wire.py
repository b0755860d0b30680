"""The objects that Anthropic sends: a whole message, the events of a streamed one, the blocks of content in both."""

from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from llmrpc_server.providers.reading import Known, Reader

KIND = "anthropic"


class OutputDetails(Known):
    """What the output tokens were spent on."""

    thinking_tokens: int | None = None


class Usage(Known):
    """Counts of one message; those of a stream's events are totals so far, and each event tells only some."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None
    cache_creation: Any = None
    server_tool_use: Any = None
    service_tier: Any = None
    inference_geo: Any = None
    speed: Any = None
    iterations: Any = None
    fallback_credit: Any = None


class Message(Known):
    """A whole message, an error in its place, or what a streamed message begins with."""

    type: str | None = None
    id: str | None = None
    role: str | None = None
    model: str | None = None
    content: list[Raw] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Any = None
    container: Any = None
    context_management: Any = None
    diagnostics: Any = None
    input_transformations: Any = None
    usage: Usage | None = None
    error: Any = None
    request_id: str | None = None


class Delta(Known):
    """What a block grows by, as its type says; or, without a type, how the message ends."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    estimated_tokens: Any = None
    signature: str | None = None
    partial_json: str | None = None
    citation: Raw | UnsetType = UNSET
    content: Any = None
    encrypted_content: Any = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Any = None
    container: Any = None


class Event(Known):
    """An event of a stream, of whichever type; proxies tell of an error without one."""

    type: str = ""
    index: int | None = None
    delta: Delta | None = None
    content_block: Raw | UnsetType = UNSET
    message: Message | None = None
    usage: Usage | None = None
    context_management: Any = None
    input_transformations: Any = None
    error: Any = None
    request_id: str | None = None


class TextBlock(Known):
    """Words of the answer, with their sources."""

    type: str
    text: str | None = None
    citations: list[Raw] | None = None


class ThinkingBlock(Known):
    """Reasoning; the signature stands for what is not shown of it."""

    type: str
    thinking: str | None = None
    signature: str | None = None


class RedactedThinkingBlock(Known):
    """Reasoning in an encrypted form alone."""

    type: str
    data: str


class ToolUseBlock(Known):
    """A call of a tool of the caller's."""

    type: str
    id: str
    name: str
    input: Raw | UnsetType = UNSET
    caller: Any = None
    toolset_name: Any = None


class Source(msgspec.Struct):
    """Where a citation comes from, in the words of all its types; positions are those in the source."""

    title: str | None = None
    document_title: str | None = None
    url: str | None = None
    source: str | None = None
    cited_text: str | None = None


MESSAGES = Reader(Message, "a message")
EVENTS = Reader(Event, "an event of a message")
TEXTS = Reader(TextBlock, "a block of text")
THINKING = Reader(ThinkingBlock, "a block of thinking")
REDACTED_THINKING = Reader(RedactedThinkingBlock, "a block of redacted thinking")
TOOL_USES = Reader(ToolUseBlock, "a block of tool use")
