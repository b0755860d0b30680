"""The two ways to ask, so that every promise is tried in both."""

from collections.abc import Coroutine
from typing import Any, Protocol

from gateway import Gateway
from llmrpc.assembler import Assembler
from llmrpc.v1 import completion_pb2

# Of a cloud's slowest answer.
TIMEOUT_SECONDS = 60.0


class Ask(Protocol):
    """A way to ask."""

    def __call__(
        self, gateway: Gateway, request: completion_pb2.CompleteRequest, seconds: float = ...
    ) -> Coroutine[Any, Any, completion_pb2.CompleteResponse]:
        """Return the answer; raises what the RPC ends with."""
        ...


async def whole(
    gateway: Gateway, request: completion_pb2.CompleteRequest, seconds: float = TIMEOUT_SECONDS
) -> completion_pb2.CompleteResponse:
    """Ask for the whole answer."""
    answer: completion_pb2.CompleteResponse = await gateway.completion.Complete(request, timeout=seconds)
    return answer


async def streamed(
    gateway: Gateway, request: completion_pb2.CompleteRequest, seconds: float = TIMEOUT_SECONDS
) -> completion_pb2.CompleteResponse:
    """Ask for the answer as it grows, and hold its events against the rules."""
    assembler = Assembler()
    call = gateway.completion.StreamComplete(request, timeout=seconds)
    try:
        events = [event async for event in call]
    finally:
        # A task that is cancelled between two reads would leave the call to nobody.
        call.cancel()
    for event in events:
        assembler.add(event)
    answer = assembler.finish()
    assert answer.message == assembler.message
    _check_parts(events)
    return answer


def _check_parts(events: list[Any]) -> None:
    """Each part starts once, in the order of its index, grows only while it is open, and ends once, since a reset."""
    started, finished = 0, set()
    for event in events:
        match event.WhichOneof("event"):
            case "part_started":
                assert started == event.part_started.part_index
                assert event.part_started.part.WhichOneof("kind")
                started += 1
            case "part_delta":
                assert event.part_delta.part_index < started
                assert event.part_delta.part_index not in finished
            case "part_finished":
                assert event.part_finished.part_index not in finished
                finished.add(event.part_finished.part_index)
            case "output_reset":
                started = 0
                finished.clear()
    assert set(range(started)) == finished
