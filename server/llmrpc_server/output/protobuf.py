"""Answers that are an instance of the caller's own protobuf message."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, EncodeError

from llmrpc.v1 import completion_pb2
from llmrpc_server.output import message_schema, schema
from llmrpc_server.output.extraction import extract
from llmrpc_server.output.lenient_json import Read
from llmrpc_server.output.shape import Misfit

MAX_DESCRIPTOR_BYTES = 1024 * 1024
# Of messages in messages.
MAX_DEPTH = 64
_MOST_KEPT = 64

_WELL_KNOWN = {
    module.DESCRIPTOR.name: module.DESCRIPTOR
    for module in (
        any_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        struct_pb2,
        timestamp_pb2,
        wrappers_pb2,
    )
}


class BadDescriptor(ValueError):
    """Not a descriptor set with that message type in it; the text says why."""


class MessageShape:
    """JSON that proto3's mapping makes one message of.

    Raises:
        Inexpressible: The type has no JSON Schema.
    """

    is_json = True

    def __init__(
        self, message: Descriptor, pool: descriptor_pool.DescriptorPool, comments: dict[str, str], digest: str
    ) -> None:
        self.name = message.name
        self.digest = digest
        self.schema = json.dumps(message_schema.derive(message, comments, lenient=False), ensure_ascii=False)
        # A Timestamp is a text.
        self.is_object = schema.says_object(self.schema)
        try:
            self._shown = schema.compiled(self.schema)
            self._lenient = schema.compiled(json.dumps(message_schema.derive(message, comments, lenient=True)))
        except schema.BadSchema as error:
            raise message_schema.Inexpressible(f"{message.full_name}: its JSON Schema {error}") from error
        self._class = message_factory.GetMessageClass(message)
        self._pool = pool

    @property
    def instructions(self) -> str:
        """The schema in words."""
        return schema.instructions(self.schema)

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer; see `Shape.parse`."""
        return extract(text, self._checked)

    def _checked(self, read: Read) -> completion_pb2.ParsedOutput:
        fits = self._lenient.allows(read)
        if not fits:
            # In terms of what the model was shown; what only the mapping knows, the parser tells best.
            self._shown.check(read)
        made = self._class()
        try:
            json_format.ParseDict(read.value, made, descriptor_pool=self._pool, max_recursion_depth=MAX_DEPTH)
            data = made.SerializeToString(deterministic=True)
            text = json_format.MessageToJson(made, indent=None, ensure_ascii=False, descriptor_pool=self._pool)
        except (json_format.Error, EncodeError, ValueError, TypeError) as error:
            raise Misfit(" ".join(str(error).split())) from error
        if not fits:
            self._lenient.check(read)
        if "Infinity" in text and "Infinity" not in read.json:
            raise Misfit("the value: holds a number that is too large")
        return completion_pb2.ParsedOutput(json=text, protobuf=data, type_name=self._class.DESCRIPTOR.full_name)


class MessageTypes:
    """The message types of descriptor sets: those that a request brings along, and those of the server.

    Args:
        registered: The server's own descriptor sets.
    """

    def __init__(self, registered: Iterable["DescriptorSet"]) -> None:
        self._own = list(registered)
        self._brought: OrderedDict[bytes, DescriptorSet] = OrderedDict()

    def shape(self, wanted: completion_pb2.ProtobufFormat) -> MessageShape:
        """Return the shape of a message type.

        Raises:
            BadDescriptor: The request's descriptor set is no good, or the type is nowhere.
            Inexpressible: The type has no JSON Schema.
        """
        pools = [self._pool(wanted.file_descriptor_set)] if wanted.file_descriptor_set else self._own
        for pool in pools:
            if (found := pool.shape(wanted.type_name)) is not None:
                return found
        where = "file_descriptor_set" if wanted.file_descriptor_set else "the descriptor sets of this server"
        raise BadDescriptor(f"must be a message type in {where}")

    def _pool(self, data: bytes) -> "DescriptorSet":
        key = hashlib.sha256(data).digest()
        pool = self._brought.pop(key, None) or DescriptorSet(data)
        self._brought[key] = pool
        if len(self._brought) > _MOST_KEPT:
            self._brought.popitem(last=False)
        return pool


class DescriptorSet:
    """One descriptor set, and the shapes that were asked for of it.

    Args:
        data: As protoc writes it.

    Raises:
        BadDescriptor: It is none.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_DESCRIPTOR_BYTES:
            raise BadDescriptor(f"must be at most {MAX_DESCRIPTOR_BYTES} bytes, has {len(data)}")
        try:
            files = descriptor_pb2.FileDescriptorSet.FromString(data).file
        except DecodeError as error:
            raise BadDescriptor("must be a serialized google.protobuf.FileDescriptorSet") from error
        self._pool = descriptor_pool.DescriptorPool()
        self._shapes: dict[str, MessageShape] = {}
        self._comments: dict[str, str] = {}
        self._digest = hashlib.sha256(data).hexdigest()
        by_name = {file.name: file for file in files}
        added: set[str] = set()
        for name in by_name:
            self._add(name, by_name, added, ())

    def shape(self, name: str) -> MessageShape | None:
        """Return the shape of a message type; None where the set has no such type.

        Raises:
            Inexpressible: It has no JSON Schema.
        """
        if name not in self._shapes:
            try:
                message = self._pool.FindMessageTypeByName(name)
            except KeyError:
                return None
            self._shapes[name] = MessageShape(message, self._pool, self._comments, self._digest)
        return self._shapes[name]

    def _add(self, name: str, files: dict[str, Any], added: set[str], above: tuple[str, ...]) -> None:
        """Add a file after those that it imports."""
        if name in added:
            return
        if name in above:
            raise BadDescriptor(f"must not hold {name}, which imports itself")
        file = files.get(name) or _well_known(name)
        if file is None:
            raise BadDescriptor(f"must hold {name}, which {above[-1]} imports")
        for imported in file.dependency:
            self._add(imported, files, added, (*above, name))
        try:
            self._pool.AddSerializedFile(file.SerializeToString())
        except TypeError as error:
            raise BadDescriptor(f"must hold a good {name}: {' '.join(str(error).split())}") from error
        added.add(name)
        self._comments.update(_comments(file))


def _well_known(name: str) -> descriptor_pb2.FileDescriptorProto | None:
    """Return one of google/protobuf/*.proto, which protoc's own sets hold only where they are asked to."""
    found = _WELL_KNOWN.get(name)
    return None if found is None else descriptor_pb2.FileDescriptorProto.FromString(found.serialized_pb)


def _comments(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Yield the comments of a file, where it has them, by the full name of what they are about."""
    for location in file.source_code_info.location:
        text = " ".join((location.leading_comments or location.trailing_comments).split())
        if text and (name := _named(file, list(location.path))):
            yield name, text


def _named(file: descriptor_pb2.FileDescriptorProto, path: list[int]) -> str:
    """Return the full name at a path of field numbers and indexes; empty for what has no name."""
    at: Any = file
    names = [file.package] if file.package else []
    while path:
        field = at.DESCRIPTOR.fields_by_number.get(path[0])
        if field is None or len(path) == 1 or not field.is_repeated or field.message_type is None:
            return ""
        values = getattr(at, field.name)
        if path[1] >= len(values):
            return ""
        at, path = values[path[1]], path[2:]
        names.append(getattr(at, "name", ""))
    return ".".join(names)
