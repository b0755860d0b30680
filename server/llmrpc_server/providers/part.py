"""One part of an answer, while it grows."""

from typing import Any

from llmrpc.v1 import message_pb2

# By the kind of part: the field of PartDelta that tells its growth.
_DELTA_FIELDS = {
    "text": "text",
    "reasoning": "reasoning",
    "refusal": "refusal",
    "tool_call": "tool_arguments_json",
    "media": "media_data",
}


class Part:
    """A part as it was started, and the pieces that it grew by.

    Attributes:
        kind: Its field in ContentPart.
        delta_field: The field of PartDelta that tells its growth; empty for a kind that does not grow.
        state: Fields of the provider's own that belong to it.
        provider_state: The same as a message, once the part is finished; None where there are none.
    """

    __slots__ = ("_start", "citations", "delta_field", "finished", "kind", "pieces", "provider_state", "state")

    def __init__(self, start: message_pb2.ContentPart) -> None:
        self._start = start
        self.kind = start.WhichOneof("kind") or ""
        self.delta_field = _DELTA_FIELDS.get(self.kind, "")
        self.pieces: list[Any] = []
        self.citations: list[message_pb2.Citation] = []
        self.state: dict[str, Any] = {}
        self.provider_state: message_pb2.ProviderState | None = None
        self.finished = False

    def joined(self, pieces: list[Any]) -> Any:
        """Join pieces of it."""
        return (b"" if self.kind == "media" else "").join(pieces)

    def whole(self) -> message_pb2.ContentPart:
        """Make the finished part."""
        part = message_pb2.ContentPart(provider_state=self.provider_state, citations=self.citations)
        part.MergeFrom(self._start)
        if not self.pieces:
            return part
        grown = self.joined(self.pieces)
        match self.kind:
            case "text" | "refusal":
                setattr(part, self.kind, getattr(part, self.kind) + grown)
            case "reasoning":
                part.reasoning.text += grown
            case "tool_call":
                part.tool_call.arguments_json += grown
            case "media":
                part.media.data += grown
        return part
