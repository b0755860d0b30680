"""Protobuf messages as output: what a model is shown of them, what is refused in which words, and kinds of messages."""

import json
from typing import Any

import pytest
from google.protobuf import descriptor_pb2

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import InvalidRequest
from llmrpc_server.output import Misfit, Shapes
from output.protos import RICH, asked


def test_comments_describe() -> None:
    """Comments of the file are descriptions, those of an enum's values too."""
    shape = Shapes().of(asked())
    assert shape is not None
    shown = json.loads(shape.schema)
    definitions = shown["$defs"]

    assert "All that there is." == shown["description"]
    assert "What it says." == shown["properties"]["text"]["description"]
    assert "Of a leaf." == definitions["acme.v1.Rich.Leaf"]["properties"]["name"]["description"]
    assert "COLOUR_RED: Like blood." == shown["properties"]["colour"]["description"]
    assert "At most one of word, leaf." == shown["properties"]["word"]["description"]
    assert {"type": "string", "pattern": "^-?[0-9]+$"} == shown["properties"]["big"]


def _with_field(**field: Any) -> bytes:
    file = descriptor_pb2.FileDescriptorProto(name="bad.proto", package="bad", syntax="proto2")
    file.dependency.append("google/protobuf/any.proto")
    message = file.message_type.add(name="Bad")
    message.field.add(name="it", number=1, label="LABEL_OPTIONAL", **field)
    message.nested_type.add(name="It")
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


def _without_import() -> bytes:
    file = descriptor_pb2.FileDescriptorProto(name="a.proto", dependency=["b.proto"])
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


@pytest.mark.parametrize(
    ("wanted", "field", "said"),
    [
        (asked("acme.v1.Poor"), "output.protobuf.type_name", "must be a message type in file_descriptor_set"),
        (asked(RICH, b"\xff"), "output.protobuf.file_descriptor_set", "must be a serialized"),
        (asked(RICH, b"x" * 2_000_000), "output.protobuf.file_descriptor_set", "must be at most 1048576 bytes"),
        (asked(RICH, b""), "output.protobuf.type_name", "must be a message type in the descriptor sets"),
        (
            asked("x", _without_import()),
            "output.protobuf.file_descriptor_set",
            "must hold b.proto, which a.proto imports",
        ),
        (
            asked("bad.Bad", _with_field(type="TYPE_MESSAGE", type_name=".google.protobuf.Any")),
            "output.protobuf.type_name",
            "bad.Bad.it: a google.protobuf.Any can be of any type",
        ),
    ],
)
def test_what_cannot_be_expressed_is_refused(wanted: completion_pb2.OutputFormat, field: str, said: str) -> None:
    """A descriptor set that is no good, and a type that has no schema, are refused with the field named."""
    with pytest.raises(InvalidRequest) as refused:
        Shapes().of(wanted)
    (violation,) = refused.value.violations

    assert field == violation.field
    assert violation.description.startswith(said)


def test_recursion_has_an_end() -> None:
    """A message nested deeper than 64 times is refused, not carried out."""
    value: Any = {}
    for _ in range(70):
        value = {"child": value}
    shape = Shapes().of(asked())
    assert shape is not None
    with pytest.raises(Misfit):
        shape.parse(json.dumps(value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"colour": "RED"}, 'colour: "RED" is not one of "COLOUR_UNSPECIFIED", "COLOUR_RED" or "COLOUR_BLUE"'),
        ({"leaves": [{"colours": ["COLOUR_RED", "x"]}]}, 'leaves[0].colours[1]: "x" is not one of'),
        ({"word": "x", "leaf": {}}, 'should not have multiple "either" oneof fields'),
        ({"by_id": {}, "byId": {}}, "'by_id' was unexpected"),
        ({"ratio": "1e999"}, "holds a number that is too large"),
        ({"single": "3.5e38"}, "holds a number that is too large"),
        ({"at": "2026-11-25T00:00:00+25:00"}, "at: "),
        ({"took": "315576000001s"}, "Duration is not valid"),
        ({"data": "A"}, "Invalid base64"),
    ],
)
def test_errors_are_in_the_models_terms(value: Any, words: str) -> None:
    """What is wrong is told in terms of the schema that the model was shown; no value is lost or changed in silence."""
    shape = Shapes().of(asked())
    assert shape is not None
    with pytest.raises(Misfit) as refused:
        shape.parse(json.dumps(value))

    assert any(words in error for error in refused.value.errors), refused.value.errors
    assert "anyOf" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740993", 9007199254740993),
        ("9007199254740993.0", 9007199254740993),
        ("9.007199254740993e15", 9007199254740993),
        ("-9223372036854775808.0", -(2**63)),
        ("1e3", 1000),
        ("9007199254740993.5", None),
        ("1.00000000000000000001", None),
        ("9223372036854775807.5", None),
        ("9223372036854775808.0", None),
        ("1e300", None),
    ],
)
def test_whole_numbers_are_read_exactly(text: str, value: int | None) -> None:
    """A 64-bit number that is written with a point or an exponent is that number, or none."""
    shape = Shapes().of(asked("google.protobuf.Int64Value"))
    assert shape is not None
    if value is None:
        with pytest.raises(Misfit):
            shape.parse(text)
    else:
        assert str(value) == json.loads(shape.parse(text).json)


@pytest.mark.parametrize(
    ("type_name", "value", "is_object"),
    [
        ("google.protobuf.Timestamp", "2026-11-25T00:00:00Z", False),
        ("google.protobuf.Duration", "1.500s", False),
        ("google.protobuf.Int32Value", 7, False),
        ("google.protobuf.ListValue", [1.0, "x"], False),
        ("google.protobuf.Struct", {"a": 1.0}, True),
    ],
)
def test_well_known_types_are_shapes_of_their_own(type_name: str, value: Any, is_object: bool) -> None:
    """A well-known type can be the whole answer; a target that can only hold one to an object is not asked to."""
    shape = Shapes().of(asked(type_name))
    assert shape is not None
    assert is_object is shape.is_object
    assert value == json.loads(shape.parse(json.dumps(value)).json)


def _older() -> bytes:
    file = descriptor_pb2.FileDescriptorProto(name="older.proto", package="older", syntax="proto2")
    file.enum_type.add(name="Kind").value.add(name="A", number=1)
    message = file.message_type.add(name="Old")
    message.extension_range.add(start=100, end=200)
    message.field.add(name="old_id", number=1, label="LABEL_REQUIRED", type="TYPE_INT64")
    message.field.add(name="kind", number=2, label="LABEL_OPTIONAL", type="TYPE_ENUM", type_name=".older.Kind")
    message.field.add(name="part", number=3, label="LABEL_OPTIONAL", type="TYPE_GROUP", type_name=".older.Old.Part")
    message.field.add(name="older_one", number=4, label="LABEL_OPTIONAL", type="TYPE_MESSAGE", type_name=".older.Old")
    message.nested_type.add(name="Part").field.add(name="n", number=1, label="LABEL_OPTIONAL", type="TYPE_INT32")
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"oldId": "1", "kind": "A", "part": {"n": 2}}, {"oldId": "1", "kind": "A", "part": {"n": 2}}),
        ({"oldId": 1, "kind": 1}, {"oldId": "1", "kind": "A"}),
        ({"old_id": 1}, {"oldId": "1"}),
        ({"kind": "A"}, None),
        ({"oldId": None}, None),
        ({"oldId": 1, "olderOne": {"kind": "A"}}, None),
        ({"oldId": 1, "older_one": {"old_id": 2}}, {"oldId": "1", "olderOne": {"oldId": "2"}}),
        ({"oldId": 1, "kind": 9}, None),
        ({"oldId": 1, "[older.extra]": 1}, None),
    ],
)
def test_older_types(value: Any, expected: Any) -> None:
    """Required fields, closed enums and groups, which editions call delimited, are held as their parser holds them."""
    shape = Shapes().of(asked("older.Old", _older()))
    assert shape is not None
    try:
        found = json.loads(shape.parse(json.dumps(value)).json)
    except Misfit:
        found = None

    assert expected == found
