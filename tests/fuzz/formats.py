"""The wire formats, by their kinds, and how each is written."""

from collections.abc import Callable

from fuzz import writer_chat, writer_cohere, writer_messages, writer_responses
from fuzz.answers import Script, Written

WRITERS: dict[str, Callable[[Script], Written]] = {
    "openai": writer_chat.write,
    "openai_responses": writer_responses.write,
    "anthropic": writer_messages.write,
    "cohere": writer_cohere.write,
}
