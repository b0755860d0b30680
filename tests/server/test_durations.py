"""Durations of a request are refused where protobuf has no such Duration: nothing behind could write them down."""

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson

from llmrpc.v1 import completion_pb2
from validation.fields import found, request


def _paths(descriptor: Descriptor, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Find the Durations below a message."""
    for field in descriptor.fields:
        if field.message_type is None or field.message_type.full_name in above:
            continue
        if field.message_type is Duration.DESCRIPTOR:
            yield field.name
        else:
            below = (*above, descriptor.full_name)
            yield from (f"{field.name}.{path}" for path in _paths(field.message_type, below))


_DURATIONS = sorted(_paths(completion_pb2.CompleteRequest.DESCRIPTOR))


def _with(path: str, value: Duration) -> completion_pb2.CompleteRequest:
    asked = request()
    section, _, name = path.partition(".")
    getattr(getattr(asked, section), name).CopyFrom(value)
    return asked


@pytest.mark.parametrize(
    "value",
    [
        Duration(nanos=2_000_000_000),
        Duration(seconds=400_000_000_000),
        Duration(seconds=1, nanos=-1),
        Duration(seconds=-1, nanos=1_500_000_000),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", _DURATIONS)
def test_what_is_no_duration(path: str, value: Duration) -> None:
    """Each Duration that a request can hold is refused by its name when it is out of protobuf's bounds."""
    wrong = "must have at most 315576000000 seconds and 999999999 nanos, with the same sign"

    assert [(path, wrong)] == found(_with(path, value))


@pytest.mark.parametrize("path", _DURATIONS)
def test_the_longest_duration(path: str) -> None:
    """What is just within the bounds is good, and has a JSON."""
    asked = _with(path, Duration(seconds=315_576_000_000, nanos=999_999_999))

    assert [] == found(asked)
    assert MessageToJson(asked)


def test_all_are_found() -> None:
    """The durations above are those that the proto has."""
    expected = {"cache.ttl", "stream.partial_interval"}
    expected |= {f"routing.{name}" for name in ("attempt_timeout", "first_token_timeout", "idle_timeout")}
    assert expected == set(_DURATIONS)
