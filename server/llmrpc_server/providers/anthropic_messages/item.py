"""A block that only this provider has: the call of a tool that it runs, that tool's result, a compaction, ..."""

from typing import Any

import msgspec
from msgspec import Raw
from typing_extensions import override

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.anthropic_messages.block import Block, Fields, fields_of
from llmrpc_server.providers.anthropic_messages.envelope import Envelope
from llmrpc_server.providers.anthropic_messages.json_object import read_object, to_object
from llmrpc_server.providers.anthropic_messages.wire import KIND, Delta

_TEXTS = msgspec.json.Decoder(str)
_EMPTY = Raw(b'""')


class Item(Block):
    """A block of any other type; its part begins when it is whole, with the JSON as it was sent or has grown."""

    def __init__(self, envelope: Envelope, block: bytes, type_: str) -> None:
        super().__init__(envelope)
        self._type = type_
        self._block = Raw(block)
        self._input: list[str] = []
        self._grown: dict[str, list[str]] = {}
        self._replaced: dict[str, Raw] = {}

    @override
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Grow by a delta of any type; of one that we do not know, all fields are the block's."""
        match delta.type:
            case "input_json_delta":
                self._append(self._input, delta.partial_json or "")
            case "compaction_delta":
                self._grow(fields_of(delta))
            case _:
                self._grow(fields_of(delta) | unknown.pop("delta", {}))

    @override
    def end(self) -> None:
        """Begin the part, now that the block is whole, and end it."""
        json = self._text(self._whole())
        part = message_pb2.ProviderPart(kind=KIND, type=self._type, json=json)
        self._part(message_pb2.ContentPart(provider_part=part))
        super().end()

    def _grow(self, fields: Fields) -> None:
        """Append to what is text; anything else takes the place of what was there."""
        for name, value in fields.items():
            if isinstance(value, str):
                self._append(self._grown.setdefault(name, []), value)
            else:
                self._replaced[name] = self._json(value)
                self._envelope.answer.hold(bytes(self._replaced[name]))

    def _append(self, pieces: list[str], piece: str) -> None:
        self._envelope.answer.hold(piece)
        pieces.append(piece)

    def _whole(self) -> Raw:
        arguments = "".join(self._input)
        if not (arguments or self._grown or self._replaced):
            return self._block
        known = read_object(self._block)
        if known is None:
            raise self._envelope.contradiction()
        fields: dict[str, Any] = known | self._replaced
        for name, pieces in self._grown.items():
            fields[name] = _text_in(fields.get(name, _EMPTY)) + "".join(pieces)
        if arguments:
            fields["input"] = to_object(arguments)
        return self._json(fields)


def _text_in(value: Raw) -> str:
    """Return what a text begins with; what is no text gives way to it."""
    try:
        return _TEXTS.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
