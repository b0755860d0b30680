"""Answers that are JSON: any object, or what satisfies a JSON Schema."""

import json
from collections.abc import Iterator
from functools import lru_cache

import jsonschema_rs

from llmrpc.v1 import completion_pb2
from llmrpc_server.output.extraction import extract
from llmrpc_server.output.notation import Read
from llmrpc_server.output.shape import MAX_ERRORS, Misfit

MAX_SCHEMA_CHARACTERS = 256 * 1024

# A pattern is the caller's, a string the model's: together they could take for ever.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
_COMPILED = 256


class BadSchema(ValueError):
    """No schema that answers can be checked with; the text says why."""


@lru_cache(maxsize=_COMPILED)
def compiled(schema: str) -> jsonschema_rs.Validator:
    """Compile a JSON Schema, given as JSON text; the draft is 2020-12 unless its `$schema` says another.

    Raises:
        BadSchema: It is none, or names one that is elsewhere: nothing is fetched.
    """
    if len(schema) > MAX_SCHEMA_CHARACTERS:
        raise BadSchema(f"must be at most {MAX_SCHEMA_CHARACTERS} characters, has {len(schema)}")
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=False, pattern_options=_PATTERNS, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise BadSchema(f"must be a JSON Schema: {_words(error)}") from error
    except (ValueError, RecursionError) as error:
        raise BadSchema(f"must be a JSON Schema: {error}") from error


def errors(validator: jsonschema_rs.Validator, read: Read) -> Iterator[str]:
    """Yield what is wrong with a value, each with the path where it is."""
    for error in validator.iter_errors(read.value):
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
        yield f"{path.lstrip('.') or 'the value'}: {error.message}"


def check(validator: jsonschema_rs.Validator, read: Read) -> None:
    """Check a value.

    Raises:
        Misfit: It does not satisfy the schema.
    """
    if validator.is_valid(read.value):
        return
    found = []
    for error in errors(validator, read):
        found.append(error)
        if len(found) == MAX_ERRORS:
            break
    raise Misfit(*found)


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
        self._validator = compiled(schema)
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
        check(self._validator, read)
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


def _words(error: Exception) -> str:
    return getattr(error, "message", "") or str(error).partition("\n")[0]
