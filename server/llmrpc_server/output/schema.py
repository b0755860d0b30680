"""Answers that are JSON: any object, or what satisfies a JSON Schema."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs

from llmrpc.v1 import completion_pb2
from llmrpc_server.output.burden import Burden, TooMuch, burden, compiling
from llmrpc_server.output.endings import ends
from llmrpc_server.output.extraction import extract
from llmrpc_server.output.lenient_json import Read, depth_of
from llmrpc_server.output.references import BadReference
from llmrpc_server.output.shape import MAX_ERRORS, Misfit

MAX_SCHEMA_CHARACTERS = 256 * 1024

# At one place of an answer; the validator opens references, and holds the interpreter's lock as long as it takes.
MAX_AT_ONE_PLACE = 1_000
MAX_PATTERNS = 1_000
# All that a schema can make of an answer: a hundredth of a second. What is wrong with it takes far longer to tell.
_MAX_WORK, _MAX_WORK_OF_TELLING = 1_000_000, 2_000
# As long as telling an error takes writing so many of its alternatives, or of the value's characters.
_WORDS, _CHARACTERS = 10, 2_000

# A pattern is the caller's, a string the model's: together they could take for ever.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=1_000, size_limit=256 * 1024)
_COMPILED = 256
# Dividing it takes as long as it is.
_LONG_NUMBER = re.compile(r"\d{100}", re.ASCII)


class BadSchema(ValueError):
    """No schema that answers can be checked with; the text says why."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A JSON Schema that answers can be checked with.

    Attributes:
        burden: How much work it can be.
        divides: It asks for multiples.
    """

    validator: jsonschema_rs.Validator
    burden: Burden
    divides: bool

    def check(self, read: Read) -> None:
        """Check a value.

        Raises:
            Misfit: It does not satisfy the schema, or is too large to tell.
        """
        if not self.allows(read):
            raise Misfit(*islice(self._errors(read), MAX_ERRORS))

    def allows(self, read: Read) -> bool:
        """Tell whether a value satisfies the schema.

        Raises:
            Misfit: It is too large to tell.
        """
        if self.burden.schemas * max(1, self.burden.turns) * _places(read) > _MAX_WORK:
            raise Misfit("the value: is too large to be checked with this schema")
        if self.divides and _LONG_NUMBER.search(read.json):
            raise Misfit("the value: holds a number that is too long to be divided")
        return self.validator.is_valid(read.value)

    def _errors(self, read: Read) -> Iterator[str]:
        """Yield what is wrong, each with the path where it is."""
        if self._telling(read) > _MAX_WORK_OF_TELLING:
            yield "the value: does not satisfy the schema"
            return
        for error in self.validator.iter_errors(read.value):
            path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
            yield f"{path.lstrip('.') or 'the value'}: {error.message}"

    def _telling(self, read: Read) -> float:
        """Return how many errors there can be, by how long they take; all are found before the first is told."""
        depth = depth_of(read.value)
        each = self.burden.schemas + self.burden.words / _WORDS
        # Here what is recursive multiplies with every level.
        again: int = max(1, self.burden.turns) ** depth
        return each * again * (_places(read) + depth * len(read.json) / _CHARACTERS)


@lru_cache(maxsize=_COMPILED)
def compiled(schema: str) -> Compiled:
    """Compile a JSON Schema, given as JSON text; the draft is 2020-12 unless its `$schema` says another.

    Raises:
        BadSchema: It is none, too much work, has no answer that ends, or names what is elsewhere; nothing is fetched.
    """
    if len(schema) > MAX_SCHEMA_CHARACTERS:
        raise BadSchema(f"must be at most {MAX_SCHEMA_CHARACTERS} characters, has {len(schema)}")
    try:
        found = _bounded(json.loads(schema))
        validator = jsonschema_rs.validator_for(schema, validate_formats=False, pattern_options=_PATTERNS, offline=True)
    except BadSchema:
        raise
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise BadSchema(f"must be a JSON Schema: {_words(error)}") from error
    except (TooMuch, BadReference) as error:
        raise BadSchema(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BadSchema(f"must be a JSON Schema: {error}") from error
    return Compiled(validator, found, '"multipleOf"' in schema)


def _bounded(root: Any) -> Burden:
    if compiling(root) > MAX_PATTERNS:
        raise TooMuch(f"must have at most {MAX_PATTERNS} patterns; one with {{}} in it counts for ten")
    found = burden(root)
    if found.schemas > MAX_AT_ONE_PLACE:
        text = f"must put at most {MAX_AT_ONE_PLACE} schemas to one place of an answer, references opened"
        raise TooMuch(f"{text}: use enum for long lists of alternatives, and each reference once")
    if found.turns and not ends(root):
        raise BadSchema("must allow an answer that ends: what it requires has to hold another of its kind, and so on")
    return found


class AnyObject:
    """Any JSON object."""

    name = "output"
    schema = digest = ""
    is_json = is_object = True
    instructions = "Answer with one JSON object and nothing else: no words around it, no code fence."

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer; see `Shape.parse`."""
        return extract(text, _object)


class SchemaShape:
    """JSON that satisfies a schema.

    Raises:
        BadSchema: It is none.
    """

    is_json = True
    digest = ""

    def __init__(self, schema: str, name: str = "") -> None:
        self._compiled = compiled(schema)
        self._said = schema
        # Vendors do not take the schemas "true" and "false".
        self.schema = schema if isinstance(json.loads(schema), dict) else ""
        self.name = name or "output"
        self.is_object = says_object(schema)

    @property
    def instructions(self) -> str:
        """The schema in words."""
        return instructions(self._said)

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer; see `Shape.parse`."""
        return extract(text, self._checked)

    def _checked(self, read: Read) -> completion_pb2.ParsedOutput:
        self._compiled.check(read)
        return completion_pb2.ParsedOutput(json=read.json)


def says_object(schema: str) -> bool:
    """Tell whether a schema, given as JSON text, allows objects alone."""
    root = json.loads(schema)
    return isinstance(root, dict) and root.get("type") == "object"


def instructions(schema: str) -> str:
    """Tell a model of a schema."""
    return (
        "Answer with one JSON value and nothing else: no words around it, no code fence. "
        f"It must satisfy this JSON Schema:\n{schema}"
    )


def _object(read: Read) -> completion_pb2.ParsedOutput:
    if not isinstance(read.value, dict):
        raise Misfit("the value: must be a JSON object")
    return completion_pb2.ParsedOutput(json=read.json)


def _places(read: Read) -> int:
    """Return a bound on how many values are in a value, at no cost."""
    return 1 + sum(map(read.json.count, ",{["))


def _words(error: Exception) -> str:
    return getattr(error, "message", "") or str(error).partition("\n")[0]
