"""The verdict on JSON is that of the Python library jsonschema, which the server does not use."""

import json
from typing import Any

import grpc
import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from output.asking import answering, complete, schema

_SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([0.5, 2.0, 1e3])
    | st.sampled_from(["", "a", "ab", "é"])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from("abc")
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(_TYPES) | st.lists(st.sampled_from(_TYPES), min_size=1, max_size=2, unique=True),
            "properties": st.dictionaries(names, inner, max_size=2),
            "required": st.lists(names, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "uniqueItems": st.booleans(),
            "minItems": st.integers(0, 2),
            "contains": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "dependentRequired": st.dictionaries(names, st.lists(names, max_size=1), max_size=1),
        },
    )


_LEAVES = st.booleans() | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(_TYPES),
        "enum": st.lists(_SCALARS, min_size=1, max_size=3),
        "const": _SCALARS,
        "minimum": st.integers(-2, 5),
        "exclusiveMaximum": st.integers(0, 9),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "b$", "^[a-c]*$"]),
    },
)
SCHEMAS = st.recursive(_LEAVES, _objects, max_leaves=5)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=SCHEMAS, value=VALUES)
async def test_verdicts_are_those_of_jsonschema(
    gateway: Gateway, faults: ThreadedFaultProvider, asked: Any, value: Any
) -> None:
    """For any schema and any answer the server's verdict is that of another implementation."""
    output = schema(asked)
    output.max_repairs = 0
    try:
        answer = await complete(gateway, answering(faults, json.dumps(value)), output)
    except grpc.aio.AioRpcError as error:
        verdict: Any = error.code()
    else:
        verdict = json.loads(answer.parsed.json)

    passes = jsonschema.Draft202012Validator(asked).is_valid(value)
    assert (value if passes else grpc.StatusCode.FAILED_PRECONDITION) == verdict
