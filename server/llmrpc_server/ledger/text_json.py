"""A message as JSON, made piece by piece: of a long one no more is made than is kept."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from llmrpc.v1 import message_pb2

_MEDIA = message_pb2.Media.DESCRIPTOR.full_name
_OF_PROTOBUF = "google.protobuf."


def first_bytes(message: Message, most: int) -> tuple[str, bool]:
    """Return a message's JSON without the bytes of media, cut to `most` bytes; and whether it was cut.

    Raises:
        SerializeToJsonError: It holds what has no JSON.
    """
    made, room = [], most
    for piece in _message(message, most):
        data = piece.encode()
        made.append(data[:room])
        room -= len(data)
        if room < 0:
            # Half a character at the cut is left out.
            return b"".join(made).decode(errors="ignore"), True
    return b"".join(made).decode(), False


def _message(message: Message, most: int) -> Iterator[str]:
    separator = "{"
    for field, value in _fields(message):
        yield separator
        separator = ", "
        yield from _field(message, field, value, most)
    yield "{}" if separator == "{" else "}"


def _fields(message: Message) -> Sequence[tuple[Any, Any]]:
    """List what is set, but the bytes of a medium, which ListFields would copy."""
    if message.DESCRIPTOR.full_name != _MEDIA or not message.HasField("data"):
        return message.ListFields()
    others = [field for field in message.DESCRIPTOR.fields if field.name != "data"]
    is_set = [message.HasField(field.name) if field.has_presence else getattr(message, field.name) for field in others]
    return [(field, getattr(message, field.name)) for field in itertools.compress(others, is_set)]


def _field(message: Message, field: FieldDescriptor, value: Any, most: int) -> Iterator[str]:
    kind = field.message_type
    if kind is not None and not kind.GetOptions().map_entry and not kind.full_name.startswith(_OF_PROTOBUF):
        yield f'"{field.name}": '
        yield from _list(value, most) if field.is_repeated else _message(value, most)
    elif isinstance(value, str):
        # What is left out does not fit: each character is a byte at least.
        yield f'"{field.name}": {json.dumps(value[: most + 1], ensure_ascii=False)}'
    else:
        alone = type(message)(**{field.name: value})
        yield MessageToJson(alone, preserving_proto_field_name=True, ensure_ascii=False, indent=None)[1:-1]


def _list(messages: Any, most: int) -> Iterator[str]:
    separator = "["
    for one in messages:
        yield separator
        yield from _message(one, most)
        separator = ", "
    yield "]"
