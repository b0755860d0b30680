"""The objects of Responses, with every field that is known; what is of no use, or is read by itself, stays raw."""

from typing import Annotated, Any

import msgspec
from msgspec import Raw

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.reading import Known

NOTHING = Raw()

_Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]


class TopLogprob(Known):
    """A token that could have stood there."""

    token: str = ""
    logprob: float = 0.0
    bytes: list[_Byte] | None = None


class Logprob(Known):
    """A token; its bytes are told in whole answers alone."""

    token: str
    logprob: float
    bytes: list[_Byte] | None = None
    top_logprobs: list[TopLogprob] | None = None


class Event(Known):
    """An event of a stream, of whichever type: the fields of all that matter.

    Those of a piece of text come first, in the vendor's own order, which is what makes them quick to read.
    """

    type: str | None = None
    content_index: int | None = None
    delta: str | None = None
    item_id: str | None = None
    logprobs: list[Logprob] | None = None
    obfuscation: Raw = NOTHING
    output_index: int | None = None
    sequence_number: Raw = NOTHING
    summary_index: int | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    item: Raw = NOTHING
    part: Raw = NOTHING
    annotation: Raw = NOTHING
    response: Raw = NOTHING
    error: Any = None
    # Of an error that stands in the event itself.
    code: Any = None
    message: Any = None
    param: Any = None
    # What the item tells as well.
    annotation_index: Raw = NOTHING
    name: Raw = NOTHING
    status: Raw = NOTHING


class Annotation(Known):
    """A source of a text, or a file that the text speaks of."""

    type: str | None = None
    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    file_id: str | None = None
    filename: str | None = None
    container_id: str | None = None
    index: int | None = None


class Content(Known):
    """What a message says: an output text, or a refusal."""

    type: str
    text: str | None = None
    refusal: str | None = None
    annotations: list[Raw] | None = None
    logprobs: list[Logprob] | None = None


class Message(Known):
    """The model speaks."""

    type: str
    id: str | None = None
    role: str | None = None
    status: str | None = None
    phase: str | None = None
    content: list[Raw] | None = None


class FunctionCall(Known, rename={"is_async": "async"}):
    """The model asks for a tool of the caller's."""

    type: str
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    status: str | None = None
    namespace: str | None = None
    caller: Any = None
    is_async: bool | None = None


class Thought(Known):
    """A piece of visible reasoning."""

    type: str | None = None
    text: str | None = None


class ItemKind(msgspec.Struct):
    """What an item is, and what its own events and the whole answer know it by, whatever else it says."""

    type: str
    id: str | None = None
    call_id: str | None = None

    @property
    def name(self) -> str:
        """Its id; some servers give a function call none but the one that its result needs."""
        return self.id or self.call_id or ""


class Reasoning(Known):
    """The model thinks."""

    type: str
    id: str | None = None
    status: str | None = None
    summary: list[Thought] | None = None
    content: list[Thought] | None = None
    encrypted_content: str | None = None


class InputDetails(Known):
    """Of the input's tokens."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_tokens_details: Any = None


class OutputDetails(Known):
    """Of the output's tokens."""

    reasoning_tokens: int | None = None


class Usage(Known):
    """Token counts; the total is the sum of the two."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class IncompleteDetails(Known):
    """Why an answer lacks its end."""

    reason: str | None = None


class Response(Known):
    """A whole answer, or what is known of it at an event."""

    id: str | None = None
    status: str | None = None
    model: str | None = None
    output: list[Raw] | None = None
    usage: Usage | None = None
    error: Any = None
    incomplete_details: IncompleteDetails | None = None
    service_tier: Any = None
    completed_at: Any = None
    billing: Any = None
    tool_usage: Any = None
    moderation: Any = None
    access_programs: Any = None
    conversation: Any = None
    image: Any = None
    input_transformations: Any = None
    prompt_cache_diagnostics: Any = None
    # The request once more, and constants.
    object: Raw = NOTHING
    created_at: Raw = NOTHING
    background: Raw = NOTHING
    frequency_penalty: Raw = NOTHING
    instructions: Raw = NOTHING
    max_output_tokens: Raw = NOTHING
    max_tool_calls: Raw = NOTHING
    metadata: Raw = NOTHING
    parallel_tool_calls: Raw = NOTHING
    presence_penalty: Raw = NOTHING
    previous_response_id: Raw = NOTHING
    prompt: Raw = NOTHING
    prompt_cache_key: Raw = NOTHING
    prompt_cache_options: Raw = NOTHING
    prompt_cache_retention: Raw = NOTHING
    reasoning: Raw = NOTHING
    safety_identifier: Raw = NOTHING
    store: Raw = NOTHING
    temperature: Raw = NOTHING
    text: Raw = NOTHING
    tool_choice: Raw = NOTHING
    tools: Raw = NOTHING
    top_logprobs: Raw = NOTHING
    top_p: Raw = NOTHING
    truncation: Raw = NOTHING
    user: Raw = NOTHING


def as_text(provider: str, raw: Raw) -> str:
    """Return raw JSON as text; its reader saw to all but its encoding.

    Raises:
        ProviderBadResponse: It is not UTF-8.
    """
    try:
        return bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise ProviderBadResponse(f"{provider} sent what is not UTF-8") from error
