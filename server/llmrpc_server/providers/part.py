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
        index: Its place in the answer.
        kind: Its field in ContentPart.
        delta_field: The field of PartDelta that tells its growth; empty for a kind that does not grow.
        state: Fields of the provider's own that belong to it.
        provider_state: The same as a message, once the part is finished; None where there are none.
    """

    __slots__ = (
        "_start",
        "_told",
        "citations",
        "delta_field",
        "finished",
        "index",
        "kind",
        "pieces",
        "provider_state",
        "state",
    )

    def __init__(self, index: int, start: message_pb2.ContentPart) -> None:
        self._start = start
        self._told = 0
        self.index = index
        self.kind = start.WhichOneof("kind") or ""
        self.delta_field = _DELTA_FIELDS.get(self.kind, "")
        self.pieces: list[Any] = []
        self.citations: list[message_pb2.Citation] = []
        self.state: dict[str, Any] = {}
        self.provider_state: message_pb2.ProviderState | None = None
        self.finished = False

    def news(self) -> Any:
        """Return what it grew by since the last time."""
        told, self._told = self._told, len(self.pieces)
        return self.pieces[told] if self._told == told + 1 else self._joined(self.pieces[told:])

    def whole(self) -> message_pb2.ContentPart:
        """Make the finished part."""
        part = message_pb2.ContentPart()
        self.fill(part)
        return part

    def fill(self, part: message_pb2.ContentPart) -> None:
        """Make an empty part the finished one."""
        part.CopyFrom(self._start)
        if self.provider_state is not None:
            part.provider_state.CopyFrom(self.provider_state)
        part.citations.extend(self.citations)
        if not self.pieces:
            return
        grown = self._joined(self.pieces)
        match self.kind:
            case "text" | "refusal":
                setattr(part, self.kind, getattr(part, self.kind) + grown)
            case "reasoning":
                part.reasoning.text += grown
            case "tool_call":
                part.tool_call.arguments_json += grown
            case "media":
                part.media.data += grown

    def _joined(self, pieces: list[Any]) -> Any:
        return (b"" if self.kind == "media" else "").join(pieces)
