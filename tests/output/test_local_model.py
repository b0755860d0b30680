"""The real model beside the server answers in shape: JSON Schema, Pydantic and protobuf, whole and streamed, typed.

Through the command that people start, asked by grpcurl and by the Python client.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format
from pydantic import BaseModel
from typing_extensions import TypedDict

import llmrpc
import toolchains
from gateway import GatewayProcess, serving
from grpcurl import grpcurl, objects
from llmrpc.v1 import completion_pb2
from llmrpc_server.local_model import weights
from output.person import Person

CONFIG = f"""
providers: {{local: {{kind: local}}}}
routes: {{default: [local/{weights.NAME}]}}
output:
  parsers:
    person: {{kind: pydantic, model: "output.person:Person"}}
"""
# What it draws is the same each time.
SETTINGS = {"temperature": 0, "seed": 7, "maxOutputTokens": 200}
PEOPLE = 'Write the JSON {"name": "Ada", "born": "1815-12-10"}'
THING = "Describe a small red box."

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}, "size": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["colour", "size"],
    "additionalProperties": False,
}
_FILE = """
name: "acme/box.proto"
package: "acme.v1"
syntax: "proto3"
message_type {
  name: "Box"
  field { name: "colour" number: 1 type: TYPE_ENUM type_name: ".acme.v1.Box.Colour" label: LABEL_OPTIONAL }
  field { name: "weight_in_grams" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL json_name: "weightInGrams" }
  field { name: "open" number: 3 type: TYPE_BOOL label: LABEL_OPTIONAL }
  enum_type { name: "Colour" value { name: "NO_COLOUR" number: 0 } value { name: "RED" number: 1 } }
}
"""
FILE = text_format.Parse(_FILE, descriptor_pb2.FileDescriptorProto())


def box_class() -> Any:
    """Return the class of the message."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(FILE.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.v1.Box"))


@dataclass
class Point:
    """Where something is."""

    x: int
    y: int


class Size(TypedDict):
    """How large something is."""

    width: int
    deep: bool


class Colour(BaseModel):
    """What something looks like."""

    name: Literal["red", "blue"]
    dark: bool


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run `llmrpc serve` with the real model."""
    weights.fetch()
    folder = tmp_path_factory.mktemp("local")
    (folder / "llmrpc.yaml").write_text(CONFIG, encoding="utf-8")
    with serving(cwd=folder, env={"PYTHONPATH": str(toolchains.ROOT / "tests")}) as process:
        yield process


def typed_by_schema(parsed: dict[str, Any]) -> Any:
    """Read a value that satisfies the schema."""
    value = json.loads(parsed["json"])
    jsonschema.validate(value, SCHEMA)
    return value


def typed_by_pydantic(parsed: dict[str, Any]) -> Any:
    """Read a value that the model accepts."""
    return Person.model_validate_json(parsed["json"])


def typed_by_protobuf(parsed: dict[str, Any]) -> Any:
    """Read the message from its bytes, which say the same as the JSON beside them.

    grpcurl writes names as Python's reflection gives them, which has no JSON names.
    """
    box = box_class().FromString(base64.b64decode(parsed.get("protobuf", "")))
    assert json.loads(parsed["json"]) == json_format.MessageToDict(box)
    assert "acme.v1.Box" == parsed["type_name"]
    return box


DESCRIPTORS = base64.b64encode(descriptor_pb2.FileDescriptorSet(file=[FILE]).SerializeToString()).decode()
FORMATS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "JSON Schema": (THING, {"jsonSchema": {"schemaJson": json.dumps(SCHEMA)}}, typed_by_schema),
    "Pydantic": (PEOPLE, {"parser": "person", "maxRepairs": 5}, typed_by_pydantic),
    "protobuf": (
        THING,
        {"protobuf": {"typeName": "acme.v1.Box", "fileDescriptorSet": DESCRIPTORS}},
        typed_by_protobuf,
    ),
}


@pytest.mark.parametrize("method", ["Complete", "StreamComplete"])
@pytest.mark.parametrize("format_", FORMATS)
def test_grpcurl(server: GatewayProcess, format_: str, method: str) -> None:
    """Grpcurl asks for each of the shapes by JSON, and gets the checked value."""
    text, output, typed = FORMATS[format_]
    body = {
        "messages": [{"role": "ROLE_USER", "parts": [{"text": text}]}],
        "config": SETTINGS,
        "output": output,
        "stream": {"onInterruption": "INTERRUPTION_POLICY_RESTART"},
    }
    *before, last = objects(
        grpcurl("-d", json.dumps(body), server.address, f"llmrpc.v1.CompletionService/{method}", seconds=100)
    )
    answer = last["completed"] if method == "StreamComplete" else last

    assert typed(answer["parsed"])
    assert answer["accounting"]["attempts"][-1]["target"]["provider"] == "local"
    assert bool(before) is any("part_delta" in event for event in before) is (method == "StreamComplete")


@pytest.mark.parametrize("output", [Colour, Point, Size, box_class()], ids=lambda type_: type_.__name__)
def test_the_python_client(server: GatewayProcess, output: Any) -> None:
    """A Pydantic model, a dataclass, a TypedDict and a protobuf class come back as what they are."""
    asked = completion_pb2.CompleteRequest()
    json_format.ParseDict({"config": SETTINGS}, asked)
    with llmrpc.Client(server.address, timeout=100) as client:
        whole = client.complete(THING, output=output, request=asked).parsed
        with client.stream(THING, output=output, request=asked) as stream:
            streamed = stream.result().parsed

    for value in (whole, streamed):
        assert isinstance(value, dict if output is Size else output)
        if output is Size:
            assert {"width": int, "deep": bool} == {key: type(inner) for key, inner in value.items()}


def test_the_python_client_names_a_parser(server: GatewayProcess) -> None:
    """The operator's own Pydantic model, by its name on the server: the value is one that it accepts."""
    asked = completion_pb2.CompleteRequest()
    json_format.ParseDict({"config": SETTINGS, "output": {"parser": "person", "maxRepairs": 5}}, asked)
    with llmrpc.Client(server.address, timeout=100) as client:
        whole = client.complete(PEOPLE, request=asked).response
        with client.stream(PEOPLE, request=asked) as stream:
            streamed = stream.result().response

    for answer in (whole, streamed):
        assert Person.model_validate_json(answer.parsed.json).name[:1].isupper()
