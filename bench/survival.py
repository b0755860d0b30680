"""`python -m bench.survival`: the CPU that limits, fallback and retry add to a call in which nothing goes wrong.

In one process, in turns: the same canned answer straight from the attempt at its target, and through the three steps
before it. Goal: less than 40 us a call.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

import uvloop

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.attempts.attempt import attempt
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.config import BreakerSettings, LimitSettings
from llmrpc_server.health import Board
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.interceptors.fallback import FallbackInterceptor
from llmrpc_server.interceptors.limits import LimitsInterceptor
from llmrpc_server.interceptors.retry import RetryInterceptor
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.rate_limits.limiter import RateLimiter
from llmrpc_server.rate_limits.process import ProcessCounters
from llmrpc_server.requests.features import Feature, Harmless, demands

ROUNDS = 15
CALLS = 2000
# As many messages as a stream can be; and what is left of them where they came in one read.
DELTAS, IN_ONE_READ = 50, 1
GOAL = 40.0

Way = Callable[[Call], Events]


class Canned:
    """A provider that has its answer ready."""

    kind: ClassVar[str] = "canned"
    features: frozenset[Feature] = frozenset()
    drops: frozenset[Harmless] = frozenset()
    owned: frozenset[str] = frozenset()

    def __init__(self, name: str, deltas: int) -> None:
        self.name = name
        part = message_pb2.ContentPart(text="x" * deltas)
        self._last = Event(completed=completion_pb2.CompleteResponse(message=message_pb2.Message(parts=[part])))
        started = completion_pb2.PartStarted(part=message_pb2.ContentPart(text=""))
        delta = completion_pb2.PartDelta(text="x")
        finished = completion_pb2.PartFinished()
        self._growth = [
            Event(part_started=started),
            *[Event(part_delta=delta) for _ in range(deltas)],
            Event(part_finished=finished),
        ]

    async def stream(self, call: Call) -> Events:
        """Answer."""
        for event in self._growth if call.streaming else ():
            yield event
        yield self._last

    async def probe(self) -> list[str]:
        """Find nothing."""
        return []

    async def close(self) -> None:
        """Let go of nothing."""


async def _nothing() -> None:
    """Commit to nothing."""


def _never() -> None:
    """Count no call that could not be counted."""


def steps(deltas: int) -> tuple[Plan, Way]:
    """Put the three steps before the attempt, over a route of two targets; return a plan and the way."""
    targets = tuple(Target(Canned(name, deltas), "m") for name in ("primary", "backup"))
    board = Board(targets, BreakerSettings())
    chain: list[CallInterceptor] = [
        LimitsInterceptor(LimitSettings().server, RateLimiter(LimitSettings(), ProcessCounters, _never)),
        FallbackInterceptor(board),
        RetryInterceptor(board),
    ]

    def before(step: CallInterceptor, proceed: Proceed) -> Way:
        return lambda call: step.step(call, proceed)

    way: Way = attempt
    for step in reversed(chain):
        way = before(step, way)
    request = completion_pb2.CompleteRequest()
    return Plan(Route("default", targets), targets, {}, request, request, demands(request)), way


async def cpu_us(way: Way, plan: Plan, *, streaming: bool, calls: int) -> float:
    """Return the CPU of a call, in microseconds."""
    deadline = asyncio.get_running_loop().time() + 600
    request = completion_pb2.CompleteRequest()
    begin = time.process_time_ns()
    for _ in range(calls):
        call = Call("1", request, streaming=streaming, principal=Principal(), commit=_nothing, deadline=deadline)
        call.plan, call.target = plan, plan.targets[0]
        async with aclosing(way(call)) as events:
            async for event in events:
                if event.HasField("completed"):
                    break
    return (time.process_time_ns() - begin) / 1000 / calls


async def measure(rounds: int, calls: int) -> None:
    """Measure in turns, and print."""
    print("| a call in which nothing goes wrong | attempt alone, us | with the steps, us | they add, us | goal |")
    print("| ---------------------------------- | ----------------- | ------------------ | ------------ | ---- |")
    for name, deltas in (("unary", 0), ("stream that came in one read", IN_ONE_READ), (f"{DELTAS} deltas", DELTAS)):
        plan, through = steps(deltas)
        streaming, number = deltas > 0, calls // 10 if deltas == DELTAS else calls
        pairs = [
            (
                await cpu_us(attempt, plan, streaming=streaming, calls=number),
                await cpu_us(through, plan, streaming=streaming, calls=number),
            )
            for _ in range(rounds)
        ]
        alone, both = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        added = statistics.median(with_steps - without for without, with_steps in pairs)
        goal = f"{GOAL:.0f}"
        print(f"| {name:34} | {alone:17.1f} | {both:18.1f} | {added:12.1f} | {goal:>4} |")


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="bench.survival", description="CPU of the steps that keep a call alive.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured (default %(default)s)")
    parser.add_argument("--calls", type=int, default=CALLS, help="in a measurement (default %(default)s)")
    options = parser.parse_args()
    uvloop.run(measure(options.rounds, options.calls))


if __name__ == "__main__":
    main()
