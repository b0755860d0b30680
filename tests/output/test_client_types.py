"""Every sort of type that a Python program has, asked for by both clients, whole and streamed."""

import asyncio
import datetime as dt
import enum
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar

import pytest
from google.protobuf import timestamp_pb2
from pydantic import BaseModel, ConfigDict, Field, computed_field
from typing_extensions import TypedDict

import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from output.asking import answering
from output.person import Person
from output.protos import rich_class

V = TypeVar("V")
RICH = rich_class()


@dataclass
class Line:
    """A dataclass in another."""

    sku: str
    count: int = 1


@dataclass
class Order:
    """A dataclass of dataclasses."""

    lines: list[Line]
    first: Line | None = None
    by_sku: dict[str, Line] = field(default_factory=dict)


class Colour(enum.Enum):
    """Words."""

    RED = "red"


class Level(enum.IntEnum):
    """Numbers."""

    LOW = 1


class Cat(BaseModel):
    """One of two."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """The other."""

    kind: Literal["dog"]
    barks: bool


class Owner(BaseModel):
    """Somebody with one of two, told by a field."""

    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class Part(TypedDict):
    """A key that may be missing."""

    a: int
    b: NotRequired[str]


class Pair(NamedTuple):
    """A tuple with names."""

    a: int
    b: str


class Box(BaseModel, Generic[V]):
    """Holds anything."""

    value: V


class Aliased(BaseModel):
    """Is read under one name and written under another."""

    first: str = Field(validation_alias="firstName", serialization_alias="first_name")


class Square(BaseModel):
    """Has more than it is given."""

    side: int

    @computed_field  # type: ignore[prop-decorator]  # mypy's own limit.
    @property
    def area(self) -> int:
        """Side by side."""
        return self.side**2


class Strict(BaseModel):
    """Takes no text for anything else, but JSON has nothing else for these."""

    model_config = ConfigDict(strict=True, extra="forbid")
    day: dt.date
    id: uuid.UUID
    pair: tuple[int, str]
    colour: Colour


class Node(BaseModel):
    """Holds its like."""

    value: int
    below: list["Node"] = []


_ID = "12345678-1234-5678-1234-567812345678"

_RICH_JSON = """{
  "big": "-9223372036854775808", "huge": "18446744073709551615", "data": "AP8=", "counts": {"a": 1},
  "byId": {"-7": {"name": "x"}}, "leaf": {"colours": ["COLOUR_RED"]}, "at": "1970-01-01T00:00:01.500Z"
}"""


def _rich() -> Any:
    made = RICH(big=-(2**63), huge=2**64 - 1, data=b"\0\xff", counts={"a": 1}, leaf={"colours": [1]})
    made.by_id[-7].name = "x"
    made.at.FromMilliseconds(1500)
    return made


TYPES: list[tuple[Any, str, Any]] = [
    (
        Order,
        '{"lines": [{"sku": "a"}], "first": null, "by_sku": {"b": {"sku": "b", "count": 2}}}',
        Order([Line("a")], None, {"b": Line("b", 2)}),
    ),
    (int | None, "null", None),
    (int | str, '"1"', "1"),
    (Literal["a", "b"], '"b"', "b"),
    (Colour, '"red"', Colour.RED),
    (Level, "1", Level.LOW),
    (dt.datetime, '"2024-01-02T03:04:05Z"', dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
    (dt.timedelta, '"PT90S"', dt.timedelta(seconds=90)),
    (
        Box[Decimal],
        '{"value": "0.1234567890123456789012345"}',
        Box[Decimal](value=Decimal("0.1234567890123456789012345")),
    ),
    (Box[Decimal], '{"value": 12.34}', Box[Decimal](value=Decimal("12.34"))),
    (int, "123456789012345678901234567890", 123456789012345678901234567890),
    (uuid.UUID, f'"{_ID}"', uuid.UUID(_ID)),
    (Owner, '{"pet": {"kind": "dog", "barks": true}}', Owner(pet=Dog(kind="dog", barks=True))),
    (Part, '{"a": 1}', {"a": 1}),
    (Part, '{"a": 1, "b": "x"}', {"a": 1, "b": "x"}),
    (Box[list[Box[str]]], '{"value": [{"value": "x"}]}', Box[list[Box[str]]](value=[Box[str](value="x")])),
    (list[Cat], '[{"kind": "cat", "lives": 9}]', [Cat(kind="cat", lives=9)]),
    (dict[str, int], '{"a": 1}', {"a": 1}),
    (dict[int, str], '{"1": "a"}', {1: "a"}),
    (tuple[int, str], '[1, "a"]', (1, "a")),
    (frozenset[int], "[1, 2]", frozenset({1, 2})),
    (Pair, '[1, "a"]', Pair(1, "a")),
    (Aliased, '{"firstName": "Ada"}', Aliased.model_validate({"firstName": "Ada"})),
    (Square, '{"side": 3}', Square(side=3)),
    (
        Strict,
        f'{{"day": "2024-01-02", "id": "{_ID}", "pair": [1, "a"], "colour": "red"}}',
        Strict(day=dt.date(2024, 1, 2), id=uuid.UUID(_ID), pair=(1, "a"), colour=Colour.RED),
    ),
    (Node, '{"value": 1, "below": [{"value": 2}]}', Node(value=1, below=[Node(value=2)])),
    (
        RICH,
        _RICH_JSON,
        _rich(),
    ),
    (timestamp_pb2.Timestamp, '"1970-01-01T00:00:01Z"', timestamp_pb2.Timestamp(seconds=1)),
]


@pytest.mark.parametrize(("type_", "text", "expected"), TYPES)
async def test_types(gateway: Gateway, faults: ThreadedFaultProvider, type_: Any, text: str, expected: Any) -> None:
    """What goes in as a type comes out as an instance of it, the same by all four ways."""
    model = answering(faults, text)

    def blocking() -> list[Any]:
        """Ask with the blocking client."""
        with llmrpc.Client(gateway.address) as client:
            whole = client.complete("Go", model=model, output=type_).parsed
            return [whole, client.stream("Go", model=model, output=type_).result().parsed]

    async with llmrpc.AsyncClient(gateway.address) as client:
        whole = await client.complete("Go", model=model, output=type_)
        streamed = await client.stream("Go", model=model, output=type_).result()
    found = [whole.parsed, streamed.parsed, *await asyncio.to_thread(blocking)]

    assert [expected] * 4 == found
    assert {type(expected)} == set(map(type, found))


async def test_a_rule_that_no_schema_tells(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A validator that refuses the answer is OutputInvalid like any other, with what the call cost."""
    model = answering(faults, '{"name": "ada", "born": "1815-12-10"}')

    def blocking() -> None:
        """Ask with the blocking client."""
        with llmrpc.Client(gateway.address) as client:
            client.complete("Go", model=model, output=Person)

    async with llmrpc.AsyncClient(gateway.address) as client:
        for asked in (
            client.complete("Go", model=model, output=Person),
            client.stream("Go", model=model, output=Person).result(),
            asyncio.to_thread(blocking),
        ):
            with pytest.raises(llmrpc.OutputInvalid, match="name: Value error, a name begins with a cap") as failed:
                await asked

            assert ("OUTPUT_INVALID", 1) == (failed.value.reason, len(failed.value.attempts))
            assert failed.value.call_id
