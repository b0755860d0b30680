"""Recursive schemas: those that say nothing, those that no answer can satisfy, and all the others."""

import json
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from output.asking import answering, complete, schema


def _requires(name: str, inner: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: inner}, "required": [name], **more}


_A, _B, _ROOT = ({"$ref": reference} for reference in ("#/$defs/a", "#/$defs/b", "#"))
_OLD = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    "asked",
    [
        _ROOT,
        {"$ref": "#/$defs/a", "$defs": {"a": _B, "b": _A}},
        {"type": "object", "properties": {"x": _A}, "$defs": {"a": {"allOf": [_A]}}},
        {"anyOf": [{"type": "string"}, _ROOT]},
        {"not": _ROOT},
        {"if": _ROOT, "then": {}},
        {"dependentSchemas": {"x": _ROOT}},
        {"type": "object", "$ref": "#"},
        {"$dynamicAnchor": "n", "$dynamicRef": "#n"},
    ],
)
async def test_circles_are_refused(gateway: Gateway, faults: ThreadedFaultProvider, asked: Any) -> None:
    """A schema that leads back to itself at the same place would allow anything, and check nothing."""
    assert "has a reference that leads back to itself" in await _refused(gateway, faults, asked)


@pytest.mark.parametrize(
    "asked",
    [
        _requires("next", _ROOT),
        {"$ref": "#/$defs/a", "$defs": {"a": _requires("b", _B), "b": _requires("a", _A)}},
        _requires("next", {"anyOf": [_ROOT, _requires("other", _ROOT)]}),
        {"allOf": [_requires("next", _ROOT)]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
        {"type": ["array"], "prefixItems": [{}, _ROOT], "minItems": 2},
        {"type": "array", "contains": _ROOT},
        {"$schema": _OLD, "type": "array", "items": [{"type": "integer"}], "additionalItems": _ROOT, "minItems": 2},
    ],
)
async def test_what_no_answer_can_satisfy_is_refused(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any
) -> None:
    """A model that is held to what requires itself would write until its tokens are used up."""
    assert "must allow an answer that ends" in await _refused(gateway, faults, asked)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (_requires("next", {"anyOf": [{"type": "null"}, _ROOT]}), {"next": {"next": None}}),
        (_requires("next", {"oneOf": [_ROOT, {"type": "integer"}]}), {"next": 1}),
        ({"type": "object", "properties": {"next": _ROOT}}, {"next": {}}),
        ({**_requires("next", _ROOT), "type": ["object", "null"]}, {"next": None}),
        ({"type": "array", "items": _ROOT, "minItems": 0}, [[], [[]]]),
        ({"type": "array", "prefixItems": [{}, _ROOT], "minItems": 1}, [1]),
        ({"type": "array", "contains": _ROOT, "minContains": 0}, []),
        ({"type": "object", "required": ["x"], "additionalProperties": _A, "$defs": {"a": {"items": _A}}}, {"x": []}),
        (
            _requires("a", _A, **{"$defs": {"a": _requires("b", _B), "b": {"anyOf": [_A, {"type": "integer"}]}}}),
            {"a": {"b": 1}},
        ),
    ],
)
async def test_recursion_that_ends_is_taken(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any, value: Any
) -> None:
    """Lists, trees and expressions."""
    answer = await complete(gateway, answering(faults, json.dumps(value)), schema(asked))

    assert value == json.loads(answer.parsed.json)


async def _refused(gateway: Gateway, faults: ThreadedFaultProvider, asked: Any) -> str:
    """Ask with a schema that must be refused before anything is sent; return what is said of its field."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, answering(faults, "1"), schema(asked))
    (violation,) = detail(refused.value, error_details_pb2.BadRequest).field_violations
    assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code()
    assert "output.json_schema.schema_json" == violation.field
    assert not faults.attempts
    return str(violation.description)
