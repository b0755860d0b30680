"""A run whose events come when a test says so, and its followers."""

import asyncio
from contextlib import aclosing

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Event, Events
from llmrpc_server.flight import Commit, Flight


async def nothing() -> None:
    """Commit to nothing."""


def text(index: int) -> Event:
    """Make the event of that number."""
    return Event(part_delta=completion_pb2.PartDelta(text=f"word {index}"))


COMPLETED = Event(completed=completion_pb2.CompleteResponse(provider_finish_reason="stop"))
WHOLE = [text(0), text(1), text(2), COMPLETED]


class Source:
    """A run whose events come when the test says so."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.done = False
        self.gate = asyncio.Semaphore(0)
        self.error: BaseException | None = None
        self.afterwards = asyncio.Event()

    async def __call__(self, commit: Commit) -> Events:
        """Yield an event for each release of the gate; raise where the test says so."""
        try:
            await commit()
            for event in WHOLE:
                await self.gate.acquire()
                if self.error is not None:
                    raise self.error
                yield event
            await self.afterwards.wait()
            self.done = True
        finally:
            self.closed.set()

    def release(self, count: int = len(WHOLE)) -> None:
        """Let so many events out."""
        for _ in range(count):
            self.gate.release()


async def heard(flight: Flight, deadline: float | None = None) -> list[Event]:
    """Follow a flight as the edge does: up to `completed`."""
    events = []
    async with aclosing(flight.follow(nothing, deadline)) as following:
        async for event in following:
            events.append(event)
            if event.HasField("completed"):
                break
    return events


async def settled() -> None:
    """Let every task that can go on go on until it waits again."""
    for _ in range(10):
        await asyncio.sleep(0)
