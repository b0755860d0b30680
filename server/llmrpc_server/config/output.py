"""The section `output`: message types and parsers that requests name."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from llmrpc_server.config.values import Section, Text

MAX_REPAIRS = 10


def _check_model(value: str) -> str:
    module, colon, attribute = value.partition(":")
    if colon and all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        return value
    raise PydanticCustomError("import_path", 'must be written "package.module:Name"')


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise PydanticCustomError("pattern", "must be a regular expression: {why}", {"why": str(error)}) from error
    return value


class PydanticParser(Section):
    """A Pydantic model, a dataclass or a TypedDict, by its import path."""

    kind: Literal["pydantic"]
    model: Annotated[str, AfterValidator(_check_model)]


class ListParser(Section):
    """Items, by default one a line; bullets and numbers before them do not count."""

    kind: Literal["list"]
    separator: str = Field(default="\n", min_length=1)
    min_items: int = Field(default=1, ge=0)
    max_items: int | None = Field(default=None, ge=0)


class ChoiceParser(Section):
    """One of some words, in any case."""

    kind: Literal["choice"]
    choices: list[str] = Field(min_length=1)


class BooleanParser(Section):
    """Yes or no."""

    kind: Literal["boolean"]


class NumberParser(Section):
    """A number by itself."""

    kind: Literal["number"]
    integer: bool = False
    minimum: float | None = None
    maximum: float | None = None


class DateParser(Section):
    """A date, or with `time` a moment: ISO 8601, or a format of strftime's."""

    kind: Literal["date"]
    format: str = ""
    time: bool = False


class CodeBlockParser(Section):
    """The code in the answer's one fence."""

    kind: Literal["code_block"]
    language: str = ""


class KeyValueParser(Section):
    """A line "key: value" for each key."""

    kind: Literal["key_value"]
    keys: list[str] = Field(min_length=1)


class RegexParser(Section):
    """A text that a regular expression matches whole; the value is its named groups."""

    kind: Literal["regex"]
    pattern: Annotated[str, AfterValidator(_check_pattern)]


ParserSettings = (
    PydanticParser
    | ListParser
    | ChoiceParser
    | BooleanParser
    | NumberParser
    | DateParser
    | CodeBlockParser
    | KeyValueParser
    | RegexParser
)


class OutputSettings(Section):
    """Shapes that requests name.

    Attributes:
        descriptors: Files with a serialized FileDescriptorSet, whose message types `output.protobuf` finds.
        parsers: What `output.parser` finds, by name.
    """

    descriptors: list[Text] = Field(default_factory=list)
    parsers: dict[str, Annotated[ParserSettings, Field(discriminator="kind")]] = Field(default_factory=dict)


class RouteOutputSettings(Section):
    """What holds for a route's calls that ask for a shape.

    Attributes:
        max_repairs: How often a model is asked again when its answer does not fit, unless the call says.
    """

    max_repairs: int = Field(default=1, ge=0, le=MAX_REPAIRS)
