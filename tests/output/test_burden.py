"""A schema is a caller's, an answer the model's: together they cannot keep the server from others."""

import asyncio
import json
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from typing_extensions import override

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc_server.output.burden import burden
from llmrpc_server.output.references import References
from output.asking import answering, causes, complete, failure, schema


def _chain(length: int, keyword: str, last: Any = None) -> dict[str, Any]:
    """Make definitions of which each names the next one twice."""
    names = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": names | {f"d{length}": last or {"type": "integer"}}}


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


_BRANCHES = [{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": [name]} for name in "xy"]
_RECURSIVE = {"anyOf": [{"type": "string"}, *_BRANCHES]}
_NAMES = [f"n{n}" for n in range(5000)]


@pytest.mark.parametrize(
    "asked",
    [
        *(_chain(24, keyword) for keyword in ("allOf", "anyOf", "oneOf")),
        _chain(24, "allOf", {"properties": {"a": {"$ref": "#/$defs/d0"}}}),
        {"properties": {"a": _chain(24, "oneOf")["$defs"]["d0"]}, "$defs": _chain(24, "oneOf")["$defs"]},
        {"$id": "http://a/b", **_chain(24, "oneOf", {"$ref": "http://a/b#/$defs/leaf"})},
        {"$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(500)}, "not": {"$ref": "#/$defs/d0"}},
        {"properties": {name: {"pattern": f"^{name}[a-z]{{1,90}}$"} for name in _NAMES}},
        {"patternProperties": {f"^(?!{name})": {} for name in _NAMES[:100]}},
        {"$ref": "#/$defs/nowhere"},
    ],
)
async def test_schemas_that_would_take_for_ever_are_refused(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any
) -> None:
    """References that multiply, patterns without number: INVALID_ARGUMENT with the field, before anything is sent."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, answering(faults, "1"), schema(asked))

    assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code()
    (violation,) = detail(refused.value, error_details_pb2.BadRequest).field_violations
    assert "output.json_schema.schema_json" == violation.field
    assert violation.description.startswith(("must ", "has a reference"))


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (_RECURSIVE, _nested(90)),
        ({"items": {"required": _NAMES}}, [{"a": 1}] * 5000),
        ({"items": {"enum": _NAMES}}, ["x"] * 5000),
        ({"items": {"enum": [{"a": n} for n in range(1000)]}}, [{"a": -1}] * 1000),
        ({"allOf": [{"type": "string"}] * 800}, {"a": "y" * 100_000}),
        ({"items": {"multipleOf": 1e-300}}, [10**4000] * 200),
        ({"items": {"pattern": "^(?:(?=a+)a+)+$"}}, ["a" * 40 + "b"] * 4000),
        (_chain(8, "oneOf"), list(range(5000))),
        (_chain(7, "allOf", {"properties": {"a": {"$ref": "#/$defs/d0"}}, "required": ["x"]}), _nested(90)),
    ],
)
async def test_answers_that_would_take_for_ever_do_not_fit(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any, value: Any
) -> None:
    """What is wrong with a wrong answer is told as far as that is no work; others are answered meanwhile."""
    output = schema(asked)
    output.max_repairs = 0
    hostile = asyncio.ensure_future(complete(gateway, answering(faults, json.dumps(value)), output))
    for _ in range(20):
        await gateway.completion.Complete(request(answering(faults, "hello")), timeout=2)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await hostile

    assert grpc.StatusCode.FAILED_PRECONDITION == refused.value.code()
    assert ["FIRST"] == causes(failure(refused.value).accounting.attempts)


_VARIANTS = [
    {
        "type": "object",
        "properties": {"op": {"const": f"o{n}"}, "left": {"$ref": "#/$defs/e"}, "right": {"$ref": "#/$defs/e"}},
        "required": ["op", "left", "right"],
    }
    for n in range(25)
]


def _expression(depth: int) -> Any:
    return {"op": "o24", "left": _expression(depth - 1), "right": _expression(depth - 1)} if depth else 1


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ({"$ref": "#/$defs/e", "$defs": {"e": {"anyOf": [{"type": "integer"}, *_VARIANTS]}}}, _expression(7)),
        ({"type": "array", "items": {"$ref": "#"}}, json.loads("[" * 90 + "]" * 90)),
        ({"items": {"enum": _NAMES}}, _NAMES),
        ({"$id": "http://a/b", "$ref": "c#q", "$defs": {"x": {"$id": "c", "$anchor": "q", "type": "integer"}}}, 1),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"type": "object"}),
        ({"$ref": "#/examples/0", "examples": [{"type": "integer"}]}, 1),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"$id": "#x"}}, "$ref": "#x"}, 1),
        ({"type": "array", "$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}}, [[], [[]]]),
    ],
)
async def test_what_people_write_is_no_burden(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any, value: Any
) -> None:
    """Recursion, unions of many types, long lists of words, and references of every kind are taken."""
    answer = await complete(gateway, answering(faults, json.dumps(value)), schema(asked))

    assert value == json.loads(answer.parsed.json)


@pytest.mark.parametrize(
    ("asked", "schemas", "words", "turns"),
    [
        (True, 0, 0, 0),
        ({"type": "integer", "enum": [1, 2, [3]]}, 1, 12, 0),
        ({"allOf": [{"minimum": 1}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{}, {}]}}}, 5, 0, 0),
        ({"properties": {"a": {"required": ["x"]}, "b": {"not": {}}}}, 2, 1, 0),
        ({"patternProperties": {"^a": {}, "(?=b)": {}}}, 103, 0, 0),
        ({"properties": {"a": {"$ref": "#"}}, "anyOf": [{"items": {"$ref": "#"}}]}, 2, 0, 2),
        (_chain(60, "oneOf"), 10**9, 0, 0),
    ],
)
def test_each_definition_counts_as_often_as_it_applies(asked: Any, schemas: int, words: int, turns: int) -> None:
    """What applies beside each other adds up; of what applies elsewhere the worst counts."""
    assert (schemas, words, turns) == tuple(burden(asked))


def test_references_to_one_chain_are_followed_once() -> None:
    """However often a long chain of references is named, each of its links is looked up once."""
    chain = {f"c{n}": {"$ref": f"#/$defs/c{n + 1}"} for n in range(150)} | {"c150": {"type": "integer"}}
    named = {f"p{n}": {"$ref": "#/$defs/c0"} for n in range(3000)}
    looked_up: list[str] = []

    class Watched(References):
        """Notes what is looked up."""

        @override
        def referred(self, schema: Any, reference: str) -> list[Any]:
            """Note it."""
            looked_up.append(reference)
            return super().referred(schema, reference)

    references = Watched({"properties": named, "$defs": chain})

    assert all({"type": "integer"} == references.opened(one) for one in named.values())
    assert 3000 + 150 == len(looked_up)
