"""Bytes straight into an adapter, in pieces, with no socket in between."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway import request
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import providers
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call, Event
from llmrpc_server.errors import ProviderError
from llmrpc_server.planning.planner import Planner
from llmrpc_server.planning.routing import Router
from replay.heard import heard
from replay.reading import Answer, Failure

RESTART = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)

# What happened to a part: the event's name, the part, and what it says. Deltas that follow each other are one.
Step = tuple[str, int, Any]


@dataclass(frozen=True)
class Told:
    """What an adapter tells of a body, however it was cut.

    Attributes:
        steps: What happened to the parts that count.
        answer: What they say together, or why the call fails.
        completed: The last event, without its time; unset for a failure.
        events: Those before it, as they came; they differ with the cuts.
    """

    steps: tuple[Step, ...]
    answer: Answer | Failure
    completed: completion_pb2.CompleteResponse
    events: tuple[Event, ...] = field(default=(), compare=False, repr=False)


class Body:
    """The body of a streamed answer, piece by piece."""

    request_id = ""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        for piece in self._pieces:
            yield piece

    async def drain(self) -> None:
        """Leave the rest: there is no connection to be used again."""


def provider_of(kind: str) -> Any:
    """Make a provider of a kind; `feed` gives it what to read."""
    loaded = providers.load(kind)
    return loaded("vendor", loaded.settings(base_url="http://127.0.0.1:9"))


async def feed(provider: Any, pieces: Iterable[bytes]) -> Told:
    """Let a provider read a streamed answer that comes in these pieces."""

    @contextlib.asynccontextmanager
    async def opened(_path: str, _body: bytes, _headers: object) -> AsyncIterator[Body]:
        """Hand out the body."""
        yield Body(pieces)

    # In place of a connection.
    provider._upstream.open = opened
    call = _call(provider)
    events: list[Event] = []
    try:
        async with contextlib.aclosing(provider.stream(call)) as stream:
            events.extend([event async for event in stream])
    except ProviderError as error:
        return Told(_steps(events), Failure(error.code.name, error.reason_name), completion_pb2.CompleteResponse())
    completed = events.pop().completed
    completed.accounting.usage.CopyFrom(call.attempt.usage)
    completed.accounting.target.CopyFrom(call.attempt.target)
    completed.ClearField("create_time")
    return Told(_steps(events), heard(completed, decoded=False), completed, tuple(events))


def _call(provider: Any) -> Call:
    async def nothing() -> None:
        pass

    asked = request("vendor/model", stream=RESTART)
    call = Call("1", asked, streaming=True, principal=Principal(), commit=nothing, deadline=None)
    call.plan = Planner(Router({"vendor": provider}, {})).plan(asked)
    call.target = call.plan.targets[0]
    call.attempts.append(accounting_pb2.Attempt(number=1))
    return call


def _steps(events: Iterable[Event]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for event in events:
        match event.WhichOneof("event"):
            case "output_reset":
                steps.clear()
            case "part_started":
                steps.append(("started", event.part_started.part_index, event.part_started.part.SerializeToString()))
            case "part_finished":
                state = event.part_finished.provider_state
                steps.append(("finished", event.part_finished.part_index, state.SerializeToString()))
            case "part_delta":
                delta = event.part_delta
                name = delta.WhichOneof("delta") or ""
                value = getattr(delta, name)
                if name == "citation":
                    steps.append((name, delta.part_index, value.SerializeToString()))
                elif steps and steps[-1][:2] == (name, delta.part_index):
                    steps[-1] = (name, delta.part_index, steps[-1][2] + value)
                else:
                    steps.append((name, delta.part_index, value))
    return tuple(steps)
