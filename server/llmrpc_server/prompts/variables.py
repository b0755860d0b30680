"""The values that a call fills a prompt with, checked against what the prompt declares."""

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import InvalidRequest, Violation
from llmrpc_server.output.lenient_json import Read
from llmrpc_server.output.schema import compiled
from llmrpc_server.output.shape import Misfit
from llmrpc_server.prompts import numbers
from llmrpc_server.prompts.file import Variable
from llmrpc_server.requests.message_rules import MAX_PARTS, found_in_media, found_in_message, has_too_many_parts
from llmrpc_server.requests.rules import MAX_NAME_SHOWN

MAX_CHARACTERS = 4 * 1024 * 1024


class _Wrong(ValueError):
    """A value is wrong; the text says what would be right."""


def fill(declared: Mapping[str, Variable], given: Mapping[str, completion_pb2.PromptValue]) -> dict[str, Any]:
    """Return the values by name: plain ones as Python has them, media and messages as the API does.

    Raises:
        InvalidRequest: Some are missing, not declared, or not of their type; all of them are named.
    """
    values: dict[str, Any] = {}
    wrong = list(_surplus(declared, given))
    for name, variable in declared.items():
        try:
            values[name] = _value(variable, given.get(name))
        except _Wrong as error:
            wrong.append(Violation(_path(name), str(error)))
    if wrong:
        raise InvalidRequest.of(*wrong)
    return values


def _surplus(declared: Mapping[str, Variable], given: Mapping[str, completion_pb2.PromptValue]) -> Iterator[Violation]:
    for name in given:
        if name not in declared:
            close = difflib.get_close_matches(name, declared, n=1)
            hint = f'; did you mean "{close[0]}"?' if close else ""
            yield Violation(_path(name), f"is no variable of this prompt{hint}")


def _path(name: str) -> str:
    return f'prompt.variables["{name[:MAX_NAME_SHOWN]}"]'


def _value(variable: Variable, given: completion_pb2.PromptValue | None) -> Any:
    kind = None if given is None else given.WhichOneof("kind")
    if given is None or kind is None:
        if variable.required and not variable.has_default:
            raise _Wrong("must be set")
        return variable.default if variable.has_default else _NOTHING.get(variable.type)
    match variable.type:
        case "media" if kind == "media":
            _refuse(found_in_media(given.media, "media"))
            return given.media
        case "messages" if kind == "messages":
            if has_too_many_parts(given.messages.messages):
                raise _Wrong(f"messages must hold at most {MAX_PARTS} parts in all")
            for index, message in enumerate(given.messages.messages):
                _refuse(found_in_message(message, f"messages[{index}]"))
            return list(given.messages.messages)
        case "media" | "messages":
            raise _Wrong(f"must be {variable.type}")
    value = _checked(variable, _plain(variable, given))
    if given.HasField("text"):
        return value
    # To JSON Schema 3.0 is an integer; a template would say "3.0", and cannot count with it.
    return numbers.whole(given.json) if variable.type == "integer" else numbers.as_written(given.json)


# Of a variable that need not be set and is not.
_NOTHING: dict[str, Any] = {"string": "", "list": [], "object": {}, "messages": []}


def _plain(variable: Variable, given: completion_pb2.PromptValue) -> Any:
    if given.HasField("text"):
        if variable.type != "string":
            raise _Wrong(f"must be json, for its type is {variable.type}")
        return given.text
    if not given.HasField("json"):
        raise _Wrong("must be text" if variable.type == "string" else "must be json")
    try:
        return json.loads(given.json, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"must be JSON text: {error}") from error


def _checked(variable: Variable, value: Any) -> Any:
    text = value if isinstance(value, str) else ""
    if len(text) > MAX_CHARACTERS:
        raise _Wrong(f"must be at most {MAX_CHARACTERS} characters, has {len(text)}")
    try:
        # A text is one value, whatever it looks like.
        written = "" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        compiled(variable.json_schema).check(Read(written, value))
    except Misfit as misfit:
        found = misfit.errors[0]
        raise _Wrong(f"must be of the type {variable.type} and satisfy its schema: {found}") from misfit
    return value


def _refuse(found: Iterator[tuple[str, str]]) -> None:
    for path, description in found:
        raise _Wrong(f"{path} {description}".strip())


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        msg = f"{text[:MAX_NAME_SHOWN]} is too large"
        raise ValueError(msg)
    return value


def _refuse_constant(name: str) -> float:
    msg = f"{name} is not JSON"
    raise ValueError(msg)
