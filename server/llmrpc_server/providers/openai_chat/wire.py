"""The objects of an answer, as OpenAI and the vendors that follow it write them; a chunk of a stream is one as well.

A field that only passes through is Any: whatever a vendor writes there must not fail the answer.
"""

from typing import Any

import msgspec

from llmrpc_server.providers.reading import Known, Reader

Fields = dict[str, Any]


class Function(Known):
    """The function that a tool call names; some vendors send the arguments as an object."""

    name: str | None = None
    arguments: str | dict[str, msgspec.Raw] | None = None


class Custom(Known):
    """A custom tool's call, whose input is free text."""

    name: str | None = None
    input: str | None = None


class ToolCall(Known):
    """A tool call, or a piece of one; Gemini keeps its signature in `extra_content`."""

    index: int | None = None
    id: str | None = None
    type: Any = None
    function: Function | None = None
    custom: Custom | None = None
    extra_content: Any = None


class Audio(Known):
    """Spoken output, in base64, or a piece of it."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: Any = None


class Said(Known):
    """A message, or a piece of one. Mistral's content can be a list. The last four fields say nothing more."""

    content: str | list[Fields] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[Fields] | None = None
    annotations: list[msgspec.Raw] | None = None
    audio: Audio | None = None
    images: list[Fields] | None = None
    executed_tools: list[Fields] | None = None
    extra_content: Fields | None = None
    role: Any = None
    index: Any = None
    channel: Any = None
    token_id: Any = None


class Alternative(Known):
    """A token that could have stood at a position."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    id: Any = None


class Token(Known):
    """A token of the answer, with the most probable alternatives."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    id: Any = None
    top_logprobs: list[Alternative] | None = None


class Logprobs(Known):
    """The tokens of what is said, by its voice."""

    content: list[Token] | None = None
    refusal: list[Token] | None = None


class Choice(Known):
    """One answer, or a piece of it. Moonshot's streams tell the usage here.

    `text` repeats what the delta says, or stands in the place of a message.
    """

    index: int | None = None
    message: Said | None = None
    delta: Said | None = None
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    native_finish_reason: Any = None
    content_filter_results: Any = None
    content_filter_result: Any = None
    content_filter_offsets: Any = None
    stop_reason: Any = None
    matched_stop: Any = None
    seed: Any = None
    error: Any = None
    text: Any = None
    usage: Fields | None = None


class Groq(Known):
    """What Groq tells in a field of its own; in streams the usage is among it, or why one stopped early."""

    id: Any = None
    error: Any = None
    seed: Any = None
    usage: Fields | None = None
    usage_breakdown: Any = None


class Completion(Known):
    """A whole answer, or a chunk of one; in OpenAI's order, in which fields are found at once."""

    id: Any = None
    object: str | None = None
    created: Any = None
    model: str | None = None
    service_tier: Any = None
    system_fingerprint: Any = None
    choices: list[Choice] | None = None
    usage: Fields | None = None
    # Padding.
    obfuscation: Any = None
    p: Any = None
    error: Any = None
    x_groq: Groq | None = None
    citations: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    search_results: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    provider: Any = None
    request_id: Any = None
    user_id: Any = None
    moderation: Any = None
    prompt: Any = None
    prompt_filter_results: Any = None
    prompt_logprobs: Any = None
    prompt_token_ids: Any = None
    kv_transfer_params: Any = None
    related_questions: Any = None
    time_info: Any = None
    timings: Any = None
    usage_breakdown: Any = None


COMPLETION = Reader(Completion, "a chat completion")
