"""What a prompt's file may say: prompts/NAME/VERSION.yaml."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.values import Section
from llmrpc_server.output.schema import BadSchema, compiled

Format = Literal["f-string", "mustache", "jinja2"]

# What every template knows of the target besides its own variables.
OF_THE_TARGET = ("provider_kind", "provider", "model")


def _check_name(value: str) -> str:
    if value.isidentifier() and not value.startswith("_") and value not in OF_THE_TARGET:
        return value
    given = ", ".join(OF_THE_TARGET)
    raise PydanticCustomError("variable_name", f"must be a name of letters, digits and _, and none of {given}")


class Variable(Section):
    """What a template is filled with.

    Attributes:
        check: A JSON Schema that the value must satisfy as well.
        default: Used where a call leaves it out; without one a call must not, unless it is not `required`.
    """

    type: Literal["string", "integer", "number", "boolean", "list", "object", "media", "messages"] = "string"
    description: str = ""
    required: bool = True
    default: Any = None
    check: dict[str, Any] = Field(default_factory=dict, alias="schema")

    @property
    def has_default(self) -> bool:
        """Whether the file gives one; null is none."""
        return self.default is not None

    @property
    def default_json(self) -> str:
        """The default as JSON text; empty where there is none."""
        return json.dumps(self.default, ensure_ascii=False) if self.has_default else ""

    @property
    def is_plain(self) -> bool:
        """Whether its value is JSON, not media or messages."""
        return self.type not in {"media", "messages"}

    @property
    def json_schema(self) -> str:
        """The JSON Schema of its values, as text."""
        if not self.is_plain:
            return json.dumps({"x-llmrpc": self.type})
        type_ = "array" if self.type == "list" else self.type
        return json.dumps({"type": type_, **self.check}, ensure_ascii=False)

    @model_validator(mode="after")
    def _is_sound(self) -> "Variable":
        if not self.is_plain:
            if self.has_default or self.check:
                raise PydanticCustomError("variable", f"of the type {self.type} has neither a default nor a schema")
            return self
        try:
            schema = compiled(self.json_schema)
        except BadSchema as error:
            raise PydanticCustomError("variable", "schema {why}", {"why": str(error)}) from error
        if self.has_default and not schema.validator.is_valid(self.default):
            raise PydanticCustomError("variable", "has a default that is not of its own type")
        return self


class Part(Section):
    """A part of a message: a template, or the media of a variable."""

    text: str | None = None
    media: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Part":
        if (self.text is None) == (self.media is None):
            raise PydanticCustomError("part", "must have either text or media")
        return self


class MessageTemplate(Section):
    """A message; a placeholder for those of a variable; or the same messages again for each of some examples."""

    role: Literal["system", "developer", "user", "assistant"] | None = None
    text: str | None = None
    parts: list[Part] | None = None
    placeholder: str | None = None
    examples: list[dict[str, Any]] | None = None
    messages: list["MessageTemplate"] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "MessageTemplate":
        said = (self.text is not None) + (self.parts is not None)
        is_message = self.role is not None and said == 1 and self.placeholder is None and self.examples is None
        is_placeholder = self.placeholder is not None and self.role is None and not said and self.examples is None
        shows = self.examples is not None and self.messages is not None and self.role is None and not said
        if (is_message or is_placeholder or shows) and (self.messages is None or shows):
            return self
        text = "must have a role with text or parts, or a placeholder, or examples with messages"
        raise PydanticCustomError("message", text)


class Variant(Section):
    """Other messages for some targets.

    Attributes:
        targets: Each a provider's kind, a provider's name, or "provider/model"; the narrowest one holds.
    """

    targets: list[str] = Field(alias="for", min_length=1)
    format: Format | None = None
    messages: list[MessageTemplate] = Field(min_length=1)


class PromptFile(Section):
    """The whole file.

    Attributes:
        current: Used where a call names no version; without any, the newest is.
        defaults: Of a call that uses it: model, config, output, cache and labels, as CompleteRequest has them in JSON.
    """

    description: str = ""
    current: bool = False
    format: Format = "f-string"
    variables: dict[Annotated[str, AfterValidator(_check_name)], Variable] = Field(default_factory=dict)
    messages: list[MessageTemplate] = Field(min_length=1)
    variants: list[Variant] = Field(default_factory=list)
    defaults: dict[str, Any] = Field(default_factory=dict)
