"""OpenAI Responses."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fault_provider.errors import Failure
from fault_provider.prompt import Prompt
from fault_provider.wires.openai_errors import openai_error
from fault_provider.wires.openai_wire import OpenAIWire
from fault_provider.wires.wire import Event, Part, Reply

from .events import events
from .request import read
from .response import failed_response, finished_response

_TOO_LONG = "Your input exceeds the context window of this model. Please adjust your input and try again."


class OpenAIResponses(OpenAIWire):
    """`POST /v1/responses`, unary and SSE."""

    name = "openai-responses"
    path = "/v1/responses"

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        return read(body)

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a `response`; unstreamed it says who pays."""
        return finished_response(reply) | {"billing": {"payer": "developer"}}

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the named events from `response.created` to `response.completed`."""
        return events(reply)

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return OpenAI's error body."""
        return openai_error(_in_own_words(failure))

    def error_events(self, failure: Failure, reply: Reply, position: int) -> Iterator[Event]:
        """Yield `error`, then `response.failed`."""
        error = openai_error(_in_own_words(failure))["error"]
        yield Event(Part.FAULT, {"type": "error", "sequence_number": position - 1, "error": error}, "error")
        failed = failed_response(reply, error)
        name = "response.failed"
        yield Event(Part.FAULT, {"type": name, "sequence_number": position, "response": failed}, name)


def _in_own_words(failure: Failure) -> Failure:
    """Return the failure with what Responses says otherwise than Chat Completions."""
    if failure.code != "context_length_exceeded" or failure.message is not None:
        return failure
    return replace(failure, message=_TOO_LONG, param="input")
