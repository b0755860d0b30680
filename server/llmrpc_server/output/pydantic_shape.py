"""Answers that a Pydantic model of the operator's accepts: its validators decide, not only its schema."""

import hashlib
import inspect
import json
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from llmrpc.v1 import completion_pb2
from llmrpc_server.output.extraction import extract
from llmrpc_server.output.lenient_json import Read
from llmrpc_server.output.schema import instructions, says_object
from llmrpc_server.output.shape import Misfit

# Of such digits Pydantic may make a float that is infinite, which it writes as null.
_TOO_LONG = re.compile(r"\d{309}", re.ASCII)


class PydanticShape:
    """JSON that a Pydantic model, or any other type that Pydantic knows, accepts without coercion of types.

    Args:
        name: Of the parser.
        type_: The model.
        module: Where the configuration finds it.
    """

    is_json = True

    def __init__(self, name: str, type_: Any, module: str) -> None:
        self.name = name
        self._adapter: TypeAdapter[Any] = TypeAdapter(type_)
        self.schema = json.dumps(self._adapter.json_schema(), ensure_ascii=False)
        self.is_object = says_object(self.schema)
        self.digest = _digest(self.schema, {module, *(base.__module__ for base in getattr(type_, "__mro__", ()))})

    @property
    def instructions(self) -> str:
        """The schema in words."""
        return instructions(self.schema)

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer; see `Shape.parse`."""
        return extract(text, self._checked)

    def _checked(self, read: Read) -> completion_pb2.ParsedOutput:
        try:
            # In JSON mode strict knows that a date is written as a string.
            value = self._adapter.validate_json(read.json, strict=True)
            made = self._adapter.dump_json(value, by_alias=True).decode()
        except ValidationError as error:
            raise Misfit(*map(_words, error.errors(include_url=False, include_context=False))) from error
        except (PydanticSerializationError, UnicodeDecodeError) as error:
            raise Misfit(str(error)) from error
        if _TOO_LONG.search(read.json) and _has_infinity(self._adapter.dump_python(value, mode="json")):
            raise Misfit("the value: holds a number that is too large")
        return completion_pb2.ParsedOutput(json=made)


def _has_infinity(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return True
    return False


def _digest(schema: str, modules: Iterable[str]) -> str:
    """Hash a schema and the text of modules: what validators do is in no schema."""
    state = hashlib.sha256(schema.encode())
    for name in sorted(modules):
        with suppress(OSError, TypeError):  # Written in C, or nowhere.
            state.update(inspect.getsource(sys.modules[name]).encode())
    return state.hexdigest()


def _words(error: Any) -> str:
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error["loc"])
    return f"{path.lstrip('.') or 'the value'}: {error['msg']}"
