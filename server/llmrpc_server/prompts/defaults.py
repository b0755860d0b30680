"""What a prompt adds to a request: whatever the caller has not said itself."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2
from llmrpc_server.requests.validation import violations

ALLOWED = ("model", "config", "output", "cache", "labels")


class BadDefaults(ValueError):
    """The defaults of a prompt are no part of a request; has the key that is wrong."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def read(written: Mapping[str, Any]) -> completion_pb2.CompleteRequest:
    """Read the defaults of a file: fields of CompleteRequest; a JSON Schema may stand there as it is, under `schema`.

    Raises:
        BadDefaults: They are none.
    """
    made = completion_pb2.CompleteRequest()
    for key, value in written.items():
        if key not in ALLOWED:
            raise BadDefaults(key, f"must be one of {', '.join(ALLOWED)}")
        try:
            json_format.ParseDict({key: _with_schema_as_text(value)}, made)
        except json_format.ParseError as error:
            raise BadDefaults(key, " ".join(str(error).split())) from error
    for violation in violations(made):
        if violation.field != "messages":
            raise BadDefaults(violation.field.partition(".")[0], f"{violation.field} {violation.description}")
    return made


def applied(
    defaults: completion_pb2.CompleteRequest, request: completion_pb2.CompleteRequest, version: str
) -> completion_pb2.CompleteRequest:
    """Return a request with the defaults where it says nothing itself, and the prompt's version in any case."""
    made = completion_pb2.CompleteRequest()
    made.CopyFrom(request)
    made.prompt.version = version
    _lay_under(made, defaults)
    return made


def _with_schema_as_text(value: Any) -> Any:
    for name in ("json_schema", "jsonSchema"):
        if isinstance(value, dict) and isinstance(value.get(name), dict) and "schema" in value[name]:
            rest = {key: inner for key, inner in value[name].items() if key != "schema"}
            text = json.dumps(value[name]["schema"], ensure_ascii=False)
            return {**value, name: {**rest, "schemaJson": text}}
    return value


def _lay_under(message: Message, defaults: Message) -> None:
    for field, value in defaults.ListFields():
        mine: Any = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _add_missing(mine, value)
        elif field.is_repeated:
            if not mine:
                mine.MergeFrom(value)
        elif _says_something(message, field):
            if field.message_type is not None and field.containing_oneof is None:
                _lay_under(mine, value)
        elif field.message_type is not None:
            mine.CopyFrom(value)
        else:
            setattr(message, field.name, value)


def _add_missing(mine: Any, defaults: Any) -> None:
    for key in defaults:
        if key not in mine:
            mine[key] = defaults[key]


def _says_something(message: Message, field: FieldDescriptor) -> bool:
    """Tell whether a field is set, or of a oneof any."""
    if field.containing_oneof is not None:
        return message.WhichOneof(field.containing_oneof.name) is not None
    return message.HasField(field.name) if field.has_presence else bool(getattr(message, field.name))
