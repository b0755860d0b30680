"""Finds the shape that a request asks for."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server.config.loading import BadSetting
from llmrpc_server.config.output import (
    BooleanParser,
    ChoiceParser,
    CodeBlockParser,
    DateParser,
    KeyValueParser,
    ListParser,
    NumberParser,
    OutputSettings,
    ParserSettings,
    PydanticParser,
    RegexParser,
)
from llmrpc_server.errors import InvalidRequest, Violation
from llmrpc_server.output import text_shapes
from llmrpc_server.output.message_schema import Inexpressible
from llmrpc_server.output.protobuf import BadDescriptor, DescriptorSet, MessageTypes
from llmrpc_server.output.pydantic_shape import PydanticShape
from llmrpc_server.output.schema import AnyObject, BadSchema, SchemaShape
from llmrpc_server.output.shape import Shape

_MAX_NAME_SHOWN = 64


class Shapes:
    """Makes shapes, and keeps those of the configuration.

    Raises:
        BadSetting: One of the configuration's cannot be used.
    """

    def __init__(self, settings: OutputSettings | None = None) -> None:
        settings = settings or OutputSettings()
        self._parsers: Mapping[str, Shape] = {
            name: _parser(name, parser) for name, parser in sorted(settings.parsers.items())
        }
        self._types = MessageTypes(descriptor_set(*one) for one in enumerate(settings.descriptors))

    def of(self, output: completion_pb2.OutputFormat) -> Shape | None:
        """Return the shape that is asked for; None for free text.

        Raises:
            InvalidRequest: There is no such shape, or no answer could be checked with it.
        """
        match output.WhichOneof("format"):
            case "json":
                return AnyObject()
            case "json_schema":
                wanted = output.json_schema
                try:
                    return SchemaShape(wanted.schema_json, wanted.name)
                except BadSchema as error:
                    raise _refused("output.json_schema.schema_json", str(error)) from error
            case "protobuf":
                return self._message(output.protobuf)
            case "parser":
                return self._registered(output.parser)
            case _:
                return None

    def _message(self, wanted: completion_pb2.ProtobufFormat) -> Shape:
        try:
            return self._types.shape(wanted)
        except BadDescriptor as error:
            field = "type_name" if "message type" in str(error) else "file_descriptor_set"
            raise _refused(f"output.protobuf.{field}", str(error)) from error
        except Inexpressible as error:
            raise _refused("output.protobuf.type_name", str(error)) from error

    def _registered(self, name: str) -> Shape:
        if name not in self._parsers:
            known = ", ".join(self._parsers) or "none"
            text = f'must be a parser of this server ({known}), is "{name[:_MAX_NAME_SHOWN]}"'
            raise _refused("output.parser", text)
        return self._parsers[name]


def descriptor_set(index: int, path: str) -> DescriptorSet:
    """Read one of `output.descriptors`.

    Raises:
        BadSetting: It is none.
    """
    try:
        return DescriptorSet(Path(path).read_bytes())
    except OSError as error:
        raise BadSetting(("output", "descriptors", index), f"{path}: cannot be read: {error.strerror}") from error
    except BadDescriptor as error:
        raise BadSetting(("output", "descriptors", index), f"{path}: {error}") from error


def _refused(field: str, description: str) -> InvalidRequest:
    return InvalidRequest.of(Violation(field, description))


def _parser(name: str, settings: ParserSettings) -> Shape:
    if isinstance(settings, PydanticParser):
        return _model(name, settings.model)
    make = _TEXT_SHAPES[type(settings)]
    shape = make(name, **settings.model_dump(exclude={"kind"}))
    shape.digest = settings.model_dump_json()
    return shape


def _model(name: str, path: str) -> Shape:
    """Import a type and make its shape; what goes wrong is whatever the operator's own code raises."""
    module, _, attribute = path.partition(":")
    try:
        type_: Any = importlib.import_module(module)
        for part in attribute.split("."):
            type_ = getattr(type_, part)
        return PydanticShape(name, type_, module)
    except Exception as error:
        hint = "; is its folder on PYTHONPATH?" if isinstance(error, ModuleNotFoundError) else ""
        text = f"{path} cannot be used: {' '.join(str(error).split())}{hint}"
        raise BadSetting(("output", "parsers", name, "model"), text) from error


_TEXT_SHAPES: dict[type[ParserSettings], Callable[..., text_shapes.TextShape]] = {
    ListParser: text_shapes.ListShape,
    ChoiceParser: text_shapes.ChoiceShape,
    BooleanParser: text_shapes.BooleanShape,
    NumberParser: text_shapes.NumberShape,
    DateParser: text_shapes.DateShape,
    CodeBlockParser: text_shapes.CodeShape,
    KeyValueParser: text_shapes.KeyValueShape,
    RegexParser: text_shapes.PatternShape,
}
