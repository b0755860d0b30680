"""What all blocks of content have in common: a block begins, grows and ends, and leaves a part in the answer."""

import abc
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.anthropic_messages.envelope import Envelope
from llmrpc_server.providers.anthropic_messages.wire import Delta

Fields = dict[str, Any]

# Those that belong to blocks of one type.
_OF_ONE_TYPE = frozenset({"text_delta", "citations_delta", "thinking_delta", "signature_delta", "input_json_delta"})

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Block(abc.ABC):
    """A block; its part begins with the first thing that it holds, so that an empty block leaves none."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._answer = envelope.answer
        self._index: int | None = None

    @abc.abstractmethod
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Grow by a delta; of the event's unknown fields, those of the delta are taken out where they are of use.

        Raises:
            ProviderBadResponse: It belongs to blocks of another type.
        """

    def end(self) -> None:
        """End the part."""
        if self._index is not None:
            self._answer.finish_part(self._index)

    def _part(self, start: message_pb2.ContentPart) -> int:
        """Return the part's index; begin it if that is still to do."""
        if self._index is None:
            self._index = self._answer.start(start)
        return self._index

    def _keep(self, delta: Delta, unknown: Fields) -> None:
        """Keep a delta of a type that we do not know."""
        if delta.type in _OF_ONE_TYPE:
            raise self._envelope.contradiction()
        fields = {"type": delta.type, **fields_of(delta), **unknown.pop("delta", {})}
        self._envelope.keep_delta(self._json(fields))

    def _json(self, value: Any) -> Raw:
        try:
            return Raw(_ENCODER.encode(value))
        except (UnicodeEncodeError, RecursionError) as error:
            raise self._envelope.contradiction() from error

    def _text(self, json: Raw) -> str:
        try:
            return bytes(json).decode()
        except UnicodeDecodeError as error:
            raise self._envelope.contradiction() from error


def fields_of(delta: Delta) -> Fields:
    """Return what a delta says beside its type."""
    values = {name: getattr(delta, name) for name in Delta.__struct_fields__ if name != "type"}
    return {name: value for name, value in values.items() if value is not None and value is not UNSET}
