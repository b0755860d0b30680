"""A message type with everything that a descriptor can hold, values of it, and how it is asked for."""

import string
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    struct_pb2,
    text_format,
    timestamp_pb2,
    wrappers_pb2,
)
from hypothesis import strategies as st

from llmrpc.v1 import completion_pb2

_FILE = """
name: "acme/rich.proto"
package: "acme.v1"
syntax: "proto3"
dependency: "google/protobuf/timestamp.proto"
dependency: "google/protobuf/duration.proto"
dependency: "google/protobuf/struct.proto"
dependency: "google/protobuf/wrappers.proto"
message_type {
  name: "Rich"
  field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "small_number" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
  field { name: "big" number: 3 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "unsigned" number: 4 type: TYPE_UINT32 label: LABEL_OPTIONAL }
  field { name: "huge" number: 5 type: TYPE_FIXED64 label: LABEL_OPTIONAL }
  field { name: "ratio" number: 6 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
  field { name: "single" number: 7 type: TYPE_FLOAT label: LABEL_OPTIONAL }
  field { name: "flag" number: 8 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "data" number: 9 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "colour" number: 10 type: TYPE_ENUM type_name: ".acme.v1.Colour" label: LABEL_OPTIONAL }
  field { name: "child" number: 11 type: TYPE_MESSAGE type_name: ".acme.v1.Rich" label: LABEL_OPTIONAL }
  field { name: "leaves" number: 12 type: TYPE_MESSAGE type_name: ".acme.v1.Rich.Leaf" label: LABEL_REPEATED }
  field { name: "numbers" number: 13 type: TYPE_SINT32 label: LABEL_REPEATED }
  field { name: "counts" number: 14 type: TYPE_MESSAGE type_name: ".acme.v1.Rich.CountsEntry" label: LABEL_REPEATED }
  field { name: "by_id" number: 15 type: TYPE_MESSAGE type_name: ".acme.v1.Rich.ByIdEntry" label: LABEL_REPEATED }
  field { name: "word" number: 16 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }
  field {
    name: "leaf" number: 17 type: TYPE_MESSAGE type_name: ".acme.v1.Rich.Leaf" label: LABEL_OPTIONAL oneof_index: 0
  }
  field { name: "maybe" number: 18 type: TYPE_INT32 label: LABEL_OPTIONAL proto3_optional: true oneof_index: 1 }
  field { name: "at" number: 19 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
  field { name: "took" number: 20 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_OPTIONAL }
  field { name: "free" number: 21 type: TYPE_MESSAGE type_name: ".google.protobuf.Struct" label: LABEL_OPTIONAL }
  field { name: "wrapped" number: 22 type: TYPE_MESSAGE type_name: ".google.protobuf.Int32Value" label: LABEL_OPTIONAL }
  nested_type {
    name: "Leaf"
    field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "colours" number: 2 type: TYPE_ENUM type_name: ".acme.v1.Colour" label: LABEL_REPEATED }
  }
  nested_type {
    name: "CountsEntry"
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
    options { map_entry: true }
  }
  nested_type {
    name: "ByIdEntry"
    field { name: "key" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".acme.v1.Rich.Leaf" label: LABEL_OPTIONAL }
    options { map_entry: true }
  }
  oneof_decl { name: "either" }
  oneof_decl { name: "_maybe" }
}
enum_type {
  name: "Colour"
  value { name: "COLOUR_UNSPECIFIED" number: 0 }
  value { name: "COLOUR_RED" number: 1 }
  value { name: "COLOUR_BLUE" number: 2 }
}
source_code_info {
  location { path: [4, 0] leading_comments: " All that there is.\\n" }
  location { path: [4, 0, 2, 0] leading_comments: " What it says.\\n" }
  location { path: [4, 0, 3, 0, 2, 0] trailing_comments: " Of a leaf.\\n" }
  location { path: [5, 0, 2, 1] leading_comments: " Like blood.\\n" }
}
"""

FILE = text_format.Parse(_FILE, descriptor_pb2.FileDescriptorProto())
DESCRIPTORS = descriptor_pb2.FileDescriptorSet(file=[FILE]).SerializeToString()
RICH = "acme.v1.Rich"


def rich_class() -> Any:
    """Return the class of the message, in a pool of its own."""
    pool = descriptor_pool.DescriptorPool()
    for module in (timestamp_pb2, duration_pb2, struct_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(FILE.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(RICH))


def _integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high) | st.sampled_from([low, high])


_TEXT = st.text(string.ascii_letters + "äß€😀 \n\"\\'{}", max_size=8)
_COLOURS = st.integers(0, 2)
_LEAVES = st.fixed_dictionaries({}, optional={"name": _TEXT, "colours": st.lists(_COLOURS, max_size=3)})
_FREE = st.dictionaries(_TEXT, st.none() | st.booleans() | _TEXT | st.lists(_TEXT, max_size=2), max_size=2)

FIELDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "text": _TEXT,
        "small_number": _integers(32, signed=True),
        "big": _integers(64, signed=True),
        "unsigned": _integers(32, signed=False),
        "huge": _integers(64, signed=False),
        "ratio": st.floats(allow_nan=False),
        "single": st.floats(width=32, allow_nan=False),
        "flag": st.booleans(),
        "data": st.binary(max_size=6),
        "colour": _COLOURS,
        "child": st.fixed_dictionaries({"text": _TEXT, "child": st.fixed_dictionaries({"flag": st.booleans()})}),
        "leaves": st.lists(_LEAVES, max_size=2),
        "numbers": st.lists(_integers(32, signed=True), max_size=3),
        "counts": st.dictionaries(_TEXT, _integers(32, signed=True), max_size=2),
        "word": _TEXT,
        "maybe": _integers(32, signed=True),
        "wrapped": st.fixed_dictionaries({"value": _integers(32, signed=True)}),
    },
)


def rich(fields: dict[str, Any], by_id: dict[int, str], seconds: int, free: dict[str, Any]) -> Any:
    """Make a message."""
    made = rich_class()(**fields)
    for key, name in by_id.items():
        made.by_id[key].name = name
    if seconds:
        made.at.FromSeconds(seconds)
        made.took.FromMilliseconds(seconds)
    if free:
        made.free.update(free)
    return made


MESSAGES = st.builds(
    rich, FIELDS, st.dictionaries(_integers(32, signed=True), _TEXT, max_size=2), st.integers(0, 4_000_000_000), _FREE
)


def asked(type_name: str = RICH, descriptors: bytes = DESCRIPTORS) -> completion_pb2.OutputFormat:
    """Ask for a message."""
    wanted = completion_pb2.ProtobufFormat(type_name=type_name, file_descriptor_set=descriptors)
    return completion_pb2.OutputFormat(protobuf=wanted)
