"""OpenAI Chat Completions."""

from collections.abc import Iterator, Mapping
from typing import Any

from fault_provider.errors import Failure
from fault_provider.prompt import Prompt
from fault_provider.wires.openai_errors import openai_error
from fault_provider.wires.openai_wire import OpenAIWire
from fault_provider.wires.wire import Event, Part, Reply

from .chunks import chunks
from .completion import completion
from .request import read


class OpenAIChat(OpenAIWire):
    """`POST /v1/chat/completions`, unary and SSE."""

    name = "openai-chat"
    path = "/v1/chat/completions"

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        return read(body)

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a `chat.completion`."""
        return completion(reply)

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield `chat.completion.chunk`s and `[DONE]`."""
        return chunks(reply)

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return OpenAI's error body."""
        return openai_error(failure)

    def error_events(self, failure: Failure, reply: Reply, position: int) -> Iterator[Event]:
        """Yield the error, and the `[DONE]` that follows it all the same."""
        yield Event(Part.FAULT, openai_error(failure))
        yield Event(Part.FAULT, "[DONE]")
