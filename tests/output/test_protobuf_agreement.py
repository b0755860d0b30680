"""Protobuf messages as output: the derived schema and protobuf's own JSON parser agree about any of them."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrpc_server.output import Shapes, schema
from llmrpc_server.output.lenient_json import Read
from llmrpc_server.output.message_schema import derive
from output.protos import MESSAGES, RICH, asked, rich_class

Path = tuple[str | int, ...]

# What a value may be changed into. Its own kind of string is not among them: neither a schema's pattern nor the parser
# says the same of every date, and the parser takes any text for bytes.
_CHANGES = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    2**64,
    "",
    "x",
    "12",
    "99999999999999999999",
    [],
    [1],
    [None],
    {},
    {"x": 1},
]
_LENIENT = schema.compiled(json.dumps(derive(rich_class().DESCRIPTOR, {}, lenient=True)))


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value in a JSON value, but for those in a Struct, which takes anything."""
    if path:
        yield path
    if isinstance(value, dict | list) and path[-1:] != ("free",):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def changed(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with another value at a path."""
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return made


def is_free_text(path: Path) -> bool:
    """Tell whether only the parser knows which texts the field takes."""
    return path[-1] in {"data", "at", "took"}


def only_python_takes(path: Path, new: Any) -> bool:
    """Tell whether a change is one that protobuf's parser in Python takes beyond the mapping; others refuse it.

    An empty text or list for a message, a truth value for a fraction, for an enum whatever Python makes a number of.
    """
    field = next(key for key in reversed(path) if isinstance(key, str))
    match field:
        case "ratio" | "single":
            return new is True
        case "colour" | "colours":
            return new is True or new in (1.5, "12")
        case _:
            return new in ("", [])


def parsed(value: Any) -> bool:
    """Tell whether protobuf's own parser takes a value."""
    try:
        json_format.ParseDict(value, rich_class()(), max_recursion_depth=64).SerializeToString()
    except (json_format.Error, ValueError, TypeError):
        return False
    return True


@settings(max_examples=60, deadline=None, derandomize=True)
@given(MESSAGES)
def test_a_message_passes_and_comes_back_equal(message: Any) -> None:
    """A message, written as JSON by protobuf itself, satisfies its schema and comes back as the same bytes."""
    shape = Shapes().of(asked())
    assert shape is not None
    found = shape.parse(json_format.MessageToJson(message))

    back = rich_class().FromString(found.protobuf)
    assert message.SerializeToString(deterministic=True) == back.SerializeToString(deterministic=True)
    assert RICH == found.type_name
    assert json_format.MessageToDict(message) == json.loads(found.json)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(MESSAGES, st.data())
def test_schema_and_parser_refuse_the_same(message: Any, data: st.DataObject) -> None:
    """With one value changed, one added or an enum's name misspelt, the schema refuses exactly what the parser does."""
    value = json_format.MessageToDict(message)
    mutation = data.draw(st.sampled_from(["change", "add", "second of a oneof", "misspell"]))
    found = [path for path in places(value) if not is_free_text(path)]
    match mutation:
        case "change" if found:
            path, new = data.draw(st.sampled_from(found)), data.draw(st.sampled_from(_CHANGES))
            value = value if only_python_takes(path, new) else changed(value, path, new)
        case "add":
            value["noSuchField"] = 1
        case "second of a oneof":
            value |= {"word": "x", "leaf": data.draw(st.sampled_from([None, {}]))}
        case _:
            value["colour"] = data.draw(st.sampled_from(["RED", "colour_red", "COLOUR_RED", 7, 1.0, None]))

    assert parsed(value) is _LENIENT.validator.is_valid(value)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(MESSAGES)
def test_what_a_model_is_shown_is_what_is_written(message: Any) -> None:
    """What a model is shown describes the one spelling that protobuf itself writes, but for numbers that JSON lacks."""
    shape = Shapes().of(asked())
    assert shape is not None
    written = json.dumps(json_format.MessageToDict(message))
    if "NaN" not in written and "Infinity" not in written:
        schema.compiled(shape.schema).check(Read(written, json.loads(written)))
