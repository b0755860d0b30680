"""A parser or a message type of the configuration that was changed: what passed the older one is not served."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from cache.calls import HIT, MISS, asked
from cache.test_processes import Two, complete, served
from fault_provider import ThreadedFaultProvider
from gateway import serving
from llmrpc.v1.completion_pb2 import OutputFormat, ProtobufFormat
from memcached import Memcached
from output.asking import answering
from output.protos import DESCRIPTORS, RICH

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
routes:
  default: [openai/gpt-4o]
cache: {{memcached: [{nodes}], timeout: 10s}}
output:
  descriptors: [acme.binpb]
  parsers:
    mood: {{kind: choice, choices: [{choices}]}}
    sure: {{kind: boolean}}
    person: {{kind: pydantic, model: "acme_people:Person"}}
    place: {{kind: pydantic, model: "acme_places:Place"}}
"""

_PLACE = """
from pydantic import BaseModel

class Place(BaseModel):
    name: str
"""
_PERSON = """
from pydantic import BaseModel, field_validator

class Person(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def long_enough(cls, value: str) -> str:
        assert len(value) >= {least}
        return value
"""


def _renumbered() -> bytes:
    """Give a field another number: the JSON stays as it was, the message's bytes do not."""
    changed = FileDescriptorSet.FromString(DESCRIPTORS)
    changed.file[0].message_type[0].field[0].number = 99
    return changed.SerializeToString()


def _write(folder: Path, config: str, *, least: int, descriptors: bytes) -> Path:
    folder.mkdir()
    (folder / "llmrpc.yaml").write_text(config, encoding="utf-8")
    (folder / "acme_people.py").write_text(_PERSON.format(least=least), encoding="utf-8")
    (folder / "acme_places.py").write_text(_PLACE, encoding="utf-8")
    (folder / "acme.binpb").write_bytes(descriptors)
    return folder


@pytest.fixture
def two(faults: ThreadedFaultProvider, nodes: list[Memcached], tmp_path: Path) -> Iterator[Two]:
    """Run two servers that share memcached, before and after a release of the operator's own."""
    addresses = ", ".join(node.address for node in nodes)
    before, after = (
        _CONFIG.format(base=faults.base_url, nodes=addresses, choices=choices)
        for choices in ("good, bad", "good, bad, ugly")
    )
    old = _write(tmp_path / "old", before, least=1, descriptors=DESCRIPTORS)
    new = _write(tmp_path / "new", after, least=2, descriptors=_renumbered())
    with ExitStack() as stack:
        environments = [(folder, {"TEST_KEY": "sk-test-1", "PYTHONPATH": str(folder)}) for folder in (old, new)]
        first, second = (stack.enter_context(serving(cwd=folder, env=env)) for folder, env in environments)
        yield first, second


@pytest.mark.parametrize(
    ("output", "text", "expected"),
    [
        (OutputFormat(parser="mood"), "good", MISS),
        (OutputFormat(parser="person"), '{"name": "Ada"}', MISS),
        (OutputFormat(protobuf=ProtobufFormat(type_name=RICH)), '{"text": "tea"}', MISS),
        (OutputFormat(parser="sure"), "yes", HIT),
        (OutputFormat(parser="place"), '{"name": "Here"}', HIT),
    ],
    ids=["settings", "code", "descriptor", "same settings", "same code"],
)
def test_what_an_older_parser_took_is_asked_for_again(
    two: Two, faults: ThreadedFaultProvider, output: OutputFormat, text: str, expected: int
) -> None:
    """An entry is a hit where the parser is the one that it passed, and a miss where settings, code or type differ."""
    old, new = two
    wanted = asked(answering(faults, text), output=output)
    complete(old, wanted)
    stored = served(old, wanted)
    found = complete(new, wanted)

    assert expected == found.accounting.cache.status
    assert stored.parsed.json == found.parsed.json
    if output.HasField("protobuf"):
        assert stored.parsed.protobuf != found.parsed.protobuf
