"""A Python type becomes the shape that an answer must have, and the answer an instance of it."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message

from llmrpc.errors import OutputInvalid
from llmrpc.v1.completion_pb2 import (
    CompleteRequest,
    CompleteResponse,
    JsonSchemaFormat,
    OutputFormat,
    ParsedOutput,
    ProtobufFormat,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """What is asked for, and how to read what comes."""

    format: OutputFormat
    read: Callable[[ParsedOutput], T]


def shaped(
    request: CompleteRequest, output: type[Any] | None
) -> tuple[CompleteRequest, Callable[[CompleteResponse], Any]]:
    """Let a request ask for a type; return it with what makes an instance of the answer: None where there is none."""
    if output is None:
        return request, lambda _: None
    shape = shape_of(output)
    request.output.MergeFrom(shape.format)
    return request, lambda response: _read(shape, response) if response.HasField("parsed") else None


def _read(shape: "Shape[T]", response: CompleteResponse) -> T:
    """Make the instance. Raises OutputInvalid where the type has a rule that no schema tells, such as a validator."""
    try:
        return shape.read(response.parsed)
    except ValueError as error:
        raise OutputInvalid(
            f"the answer has the schema, and still is none of the type: {_told(error)}",
            code=grpc.StatusCode.FAILED_PRECONDITION,
            reason="OUTPUT_INVALID",
            call_id=response.accounting.call_id,
            accounting=response.accounting,
            output_sent=True,
        ) from error


def _told(error: Any) -> str:
    """Say on one line what Pydantic found."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the value'}: {one['msg']}" for one in found)


def shape_of(type_: type[T]) -> Shape[T]:
    """Make the shape of a protobuf message class, or of a type that Pydantic knows.

    Raises TypeError for anything else. Pydantic itself is needed for its models, dataclasses and TypedDicts alone.
    """
    # A TypedDict, or list[int], is a type for Pydantic and no class.
    given: Any = type_
    return _message(given) if inspect.isclass(given) and issubclass(given, Message) else _value(given)


def _message(type_: type[Any]) -> Shape[Any]:
    wanted = ProtobufFormat(
        type_name=type_.DESCRIPTOR.full_name, file_descriptor_set=_descriptors(type_.DESCRIPTOR.file)
    )
    return Shape(OutputFormat(protobuf=wanted), lambda parsed: type_.FromString(parsed.protobuf))


def _descriptors(file: FileDescriptor) -> bytes:
    """Serialize a file and all that it imports."""
    found = FileDescriptorSet()
    names: set[str] = set()

    def add(one: FileDescriptor) -> None:
        if one.name not in names:
            names.add(one.name)
            for imported in one.dependencies:
                add(imported)
            one.CopyToProto(found.file.add())

    add(file)
    return found.SerializeToString()


def _value(type_: Any) -> Shape[Any]:
    try:
        # By name: a client that hands over no such type needs no Pydantic.
        adapter = import_module("pydantic").TypeAdapter(type_)
        schema = json.dumps(adapter.json_schema(), ensure_ascii=False)
    except ModuleNotFoundError as error:
        raise TypeError(f"output={type_!r} needs Pydantic: pip install pydantic") from error
    except Exception as error:
        raise TypeError(f"output={type_!r} has no JSON Schema: {error}") from error
    wanted = JsonSchemaFormat(name=getattr(type_, "__name__", "output"), schema_json=schema)
    return Shape(OutputFormat(json_schema=wanted), lambda parsed: adapter.validate_json(parsed.json))
