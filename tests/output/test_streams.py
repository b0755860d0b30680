"""Shapes in streams: partial values that only grow, repairs that void what was sent, the value at the end."""

import itertools
import json
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.assembler import Assembler
from llmrpc.v1 import accounting_pb2, completion_pb2
from output.asking import answering, schema
from output.test_repair import RIGHT, WRONG, shape

RESTART = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)
ALWAYS = Duration(nanos=1)
STORY = {
    "title": "The tide, and why it \u00e9bbs",
    "pages": [1, 22, 333.25, -4e-5, 123456],
    "parts": [{"name": "One day the sea", "done": True}, {"name": "went \U0001f30a away", "done": None}],
}


async def events(
    gateway: Gateway, asked: completion_pb2.CompleteRequest
) -> list[completion_pb2.StreamCompleteResponse]:
    """Return all events of a stream."""
    return [event async for event in gateway.completion.StreamComplete(asked, timeout=20)]


def begins(earlier: Any, later: Any) -> bool:
    """Tell whether a value can grow into another one: nothing that was told is taken back."""
    match earlier, later:
        case dict(), dict():
            return all(key in later and begins(value, later[key]) for key, value in earlier.items())
        case list(), list():
            return len(earlier) <= len(later) and all(map(begins, earlier, later))
        case str(), str():
            return later.startswith(earlier)
        case _:
            return type(earlier) is type(later) and bool(earlier == later)


@pytest.mark.parametrize("size", [1, 3, 7])
async def test_partial_values_only_grow(gateway: Gateway, faults: ThreadedFaultProvider, size: int) -> None:
    """Each partial value begins the next one, and the last begins the value."""
    stream = completion_pb2.StreamOptions(partial_interval=ALWAYS)
    model = answering(faults, json.dumps(STORY, indent=size), slow_tokens=0.001)
    found = await events(gateway, request(model, output=schema({"type": "object"}), stream=stream))
    values = [json.loads(event.output_partial.json) for event in found if event.HasField("output_partial")]
    values.append(json.loads(found[-1].completed.parsed.json))

    assert STORY == values[-1]
    assert len(values) > 5
    assert all(begins(earlier, later) for earlier, later in itertools.pairwise(values))


async def test_partial_values_in_a_fence(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """What stands before the value is no part of it."""
    stream = completion_pb2.StreamOptions(partial_interval=ALWAYS)
    model = answering(faults, f"Sure:\n```json\n{json.dumps(STORY)}\n```", slow_tokens=0.001)
    found = await events(gateway, request(model, output=schema({"type": "object"}), stream=stream))

    # How much the first one holds is for the reads of the socket to say.
    first = json.loads(next(event.output_partial.json for event in found if event.HasField("output_partial")))
    assert first.keys() <= STORY.keys()
    assert STORY == json.loads(found[-1].completed.parsed.json)


@pytest.mark.parametrize("interval", [None, Duration(seconds=3600)])
async def test_no_more_than_asked_for(
    gateway: Gateway, faults: ThreadedFaultProvider, interval: Duration | None
) -> None:
    """Without an interval there are no partial values; within one there is one."""
    stream = completion_pb2.StreamOptions(partial_interval=interval)
    found = await events(gateway, request(answering(faults, RIGHT), output=shape(), stream=stream))

    partials = [event for event in found if event.HasField("output_partial")]
    assert (0 if interval is None else 1) == len(partials)


async def test_a_repair_voids_what_was_sent(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """With RESTART the caller hears that the attempt failed and that all is void; then the right answer follows."""
    found = await events(gateway, request(answering(faults, WRONG, RIGHT), output=shape(1), stream=RESTART))
    assembler = Assembler()
    for event in found:
        assembler.add(event)
    (reset,) = [event.output_reset for event in found if event.HasField("output_reset")]
    (failed,) = [event.attempt_failed for event in found if event.HasField("attempt_failed")]

    assert accounting_pb2.ATTEMPT_CAUSE_REPAIR == reset.cause
    assert 1 == failed.attempt.number
    assert RIGHT == assembler.text
    assert 1 == found[-1].completed.parsed.repairs


async def test_partial_values_begin_again(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """After a reset the partial values are those of the new answer."""
    stream = completion_pb2.StreamOptions(partial_interval=ALWAYS)
    stream.MergeFrom(RESTART)
    found = await events(gateway, request(answering(faults, WRONG, RIGHT), output=shape(1), stream=stream))
    kinds = [event.WhichOneof("event") for event in found]
    later = found[kinds.index("output_reset") :]

    assert all(json.loads(e.output_partial.json) in ({}, {"n": 1}) for e in later if e.HasField("output_partial"))


async def test_without_leave_nothing_is_taken_back(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """With FAIL, the default, the shape is checked at the end: a wrong answer ends the stream with the error."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await events(gateway, request(answering(faults, WRONG, RIGHT), output=shape(1)))

    assert grpc.StatusCode.FAILED_PRECONDITION is failed.value.code()
    assert 1 == len(faults.attempts)
