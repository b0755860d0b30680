"""The events of a stream become an answer."""

from typing import Final

import grpc

from llmrpc.errors import BrokenStream
from llmrpc.v1.accounting_pb2 import Usage
from llmrpc.v1.completion_pb2 import CompleteResponse, PartDelta, PartStarted, StreamCompleteResponse
from llmrpc.v1.message_pb2 import ROLE_ASSISTANT, ContentPart, Message


class _Reset(str):
    """A str of its own type, so that no piece of an answer is the same object."""

    __slots__ = ()


RESET: Final[str] = _Reset("\n\n")
"""Stands among the pieces of text where all before it became void. Compare with `is`."""


class Assembler:
    """Puts an answer together from its events, as they come. Does no I/O.

    `message`, `text` and `usage` tell what is there so far. `finish` gives the authoritative answer.
    """

    def __init__(self) -> None:
        self.call_id = ""
        """Empty before the first event."""
        self.usage: Usage | None = None
        """The latest estimate; None before the first."""
        self.partial_json = ""
        """The latest value so far, where an output format was asked for and partial values with it."""
        self.resets = 0
        """How often the answer started again."""
        self._parts: dict[int, ContentPart] = {}
        self._sequence = 0
        self._completed: CompleteResponse | None = None

    @property
    def message(self) -> Message:
        """What the model said so far."""
        parts = [part for _, part in sorted(self._parts.items())]
        return Message(role=ROLE_ASSISTANT, parts=parts)

    @property
    def text(self) -> str:
        """The text parts so far, joined."""
        return "".join(part.text for _, part in sorted(self._parts.items()))

    def add(self, event: StreamCompleteResponse) -> str:
        """Take the next event; return the text that it adds, RESET if it voids text, else an empty str.

        Events of kinds that this client does not know are ignored. Raises BrokenStream where one is missing.
        """
        if event.sequence != self._sequence + 1:
            raise _broken(f"event {event.sequence} came after event {self._sequence}", self.call_id)
        self._sequence = event.sequence
        match event.WhichOneof("event"):
            case "started":
                self.call_id = event.started.call_id
            case "part_started":
                return self._start(event.part_started)
            case "part_delta":
                return self._grow(event.part_delta)
            case "part_finished" if event.part_finished.HasField("provider_state"):
                self._part(event.part_finished.part_index).provider_state.CopyFrom(event.part_finished.provider_state)
            case "output_reset":
                return self._reset()
            case "output_partial":
                self.partial_json = event.output_partial.json
            case "usage":
                self.usage = event.usage
            case "completed":
                self._completed = event.completed
            case _:
                pass
        return ""

    def finish(self) -> CompleteResponse:
        """Return the authoritative answer. Raises BrokenStream if the stream ended without it."""
        if self._completed is None:
            raise _broken("the stream ended with status OK but without its completed event", self.call_id)
        return self._completed

    def _start(self, started: PartStarted) -> str:
        """Begin a part."""
        part = self._parts[started.part_index] = ContentPart()
        part.CopyFrom(started.part)
        return part.text

    def _grow(self, delta: PartDelta) -> str:
        """Append a delta to its part."""
        part = self._part(delta.part_index)
        match delta.WhichOneof("delta"):
            case "text":
                part.text += delta.text
            case "reasoning":
                part.reasoning.text += delta.reasoning
            case "refusal":
                part.refusal += delta.refusal
            case "tool_arguments_json":
                part.tool_call.arguments_json += delta.tool_arguments_json
            case "media_data":
                part.media.data += delta.media_data
            case "citation":
                part.citations.append(delta.citation)
            case _:
                pass
        return delta.text

    def _reset(self) -> str:
        """Drop all parts."""
        shown = self.text
        self._parts.clear()
        self.partial_json = ""
        self.resets += 1
        return RESET if shown else ""

    def _part(self, index: int) -> ContentPart:
        """Find a part that has begun."""
        if index not in self._parts:
            raise _broken(f"part {index} goes on but never began", self.call_id)
        return self._parts[index]


def _broken(message: str, call_id: str) -> BrokenStream:
    """Make the error for events that do not add up."""
    return BrokenStream(message, code=grpc.StatusCode.DATA_LOSS, call_id=call_id)
