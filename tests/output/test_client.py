"""The Python client: a type goes in, an instance comes out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import accounting_pb2
from output.asking import answering
from output.person import Person


@dataclass
class Point:
    """Where something is."""

    x: int
    y: int


class Size(TypedDict):
    """How large something is."""

    width: int
    height: int


class Colour(BaseModel):
    """What something looks like."""

    name: str
    dark: bool


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[llmrpc.AsyncClient]:
    """Connect to the server whose provider is the fault-injecting one."""
    async with llmrpc.AsyncClient(gateway.address) as connected:
        yield connected


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        (Point, '{"x": 1, "y": 2}', Point(1, 2)),
        (Size, '{"width": 1, "height": 2}', {"width": 1, "height": 2}),
        (Colour, '```json\n{"name": "red", "dark": false}\n```', Colour(name="red", dark=False)),
        (Person, '{"name": "Ada", "born": "1815-12-10"}', Person.model_validate({"name": "Ada", "born": "1815-12-10"})),
        (list[int], "[1, 2]", [1, 2]),
        (accounting_pb2.CostItem, '{"sku": "tea", "quantity": "3"}', accounting_pb2.CostItem(sku="tea", quantity=3)),
    ],
)
async def test_types(
    client: llmrpc.AsyncClient, faults: ThreadedFaultProvider, type_: Any, text: str, expected: Any
) -> None:
    """Dataclasses, TypedDicts, Pydantic models and protobuf messages, whole and streamed."""
    whole = await client.complete("Go", model=answering(faults, text), output=type_)
    async with client.stream("Go", model=answering(faults, text), output=type_, partial_interval=0.000001) as stream:
        streamed = await stream.result()

    assert expected == whole.parsed == streamed.parsed
    assert type(expected) is type(whole.parsed)
    assert stream.partial is not None


async def test_a_wrong_answer_is_an_error(client: llmrpc.AsyncClient, faults: ThreadedFaultProvider) -> None:
    """What never fits raises OutputInvalid, with the attempts; a stream of the client's is repaired as well."""
    with pytest.raises(llmrpc.OutputInvalid) as failed:
        await client.complete("Go", model=answering(faults, '{"x": 1}'), output=Point)
    stream = client.stream("Go", model=answering(faults, '{"x": 1}', '{"x": 1, "y": 2}'), output=Point)

    assert ["y"] == [word for word in ("x", "y") if f'"{word}" is a required' in str(failed.value)]
    assert 2 == len(failed.value.attempts)
    assert Point(1, 2) == (await stream.result()).parsed
    assert 1 == stream.assembler.resets


async def test_what_is_no_type_is_told(client: llmrpc.AsyncClient) -> None:
    """What has no JSON Schema is refused before anything is sent."""
    with pytest.raises(TypeError, match="has no JSON Schema"):
        await client.complete("Go", output=ThreadedFaultProvider)
