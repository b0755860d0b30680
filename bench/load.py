"""The client process: reads orders, a line each, and puts that load on a server. `python -m bench.load`.

Every answer is checked: a fast server that answers something else has measured nothing.
"""

import asyncio
import contextlib
import itertools
import signal
import sys
import time
from collections.abc import Awaitable, Callable

import grpc
import msgspec
import uvloop

from bench.orders import Order, Outcome
from bench.wire import OUTPUT_TOKENS, TEXT
from llmrpc.v1 import accounting_pb2, completion_pb2, completion_pb2_grpc, message_pb2

PROMPT = "Why is the sky blue? Answer so that a child of ten understands it, in three sentences at most."
_DEADLINE_SECONDS = 30.0
_FREE = (accounting_pb2.CACHE_STATUS_HIT, accounting_pb2.CACHE_STATUS_JOINED)

# Makes one call; returns how many messages came and the answer.
Caller = Callable[[], Awaitable[tuple[int, completion_pb2.CompleteResponse]]]


async def put(order: Order) -> Outcome:
    """Put the load on the server, a closed loop: each of so many callers makes one call after another."""
    async with contextlib.AsyncExitStack() as stack:
        # Without a pool of its own a channel shares the connection of the one before it.
        own = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(order.address, options=own) for _ in range(order.connections)]
        calls_by = [_caller(order, await stack.enter_async_context(channel)) for channel in channels]
        started = time.monotonic()
        end = started + order.seconds
        turns = iter(range(order.calls))
        messages = 0

        async def make_calls(call: Caller) -> int:
            """Be one caller; return how many calls it made."""
            nonlocal messages
            made = 0
            for _ in turns:
                if time.monotonic() >= end:
                    break
                count, answer = await call()
                _check(answer)
                messages += count
                made += 1
            return made

        async with asyncio.TaskGroup() as group:
            turn = itertools.cycle(calls_by)
            callers = [group.create_task(make_calls(next(turn))) for _ in range(order.concurrency)]
        calls = sum(caller.result() for caller in callers)
        return Outcome(calls, time.monotonic() - started, messages / max(calls, 1))


def _failed(failures: ExceptionGroup[Exception]) -> Outcome:
    first = failures.exceptions[0]
    text = first.details() if isinstance(first, grpc.aio.AioRpcError) else str(first)
    return Outcome(0, 0, 0, f"{type(first).__name__}: {text}")


def _caller(order: Order, channel: grpc.aio.Channel) -> Caller:
    said = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[message_pb2.ContentPart(text=PROMPT)])
    request = completion_pb2.CompleteRequest(model=order.model, messages=[said])

    def asked() -> completion_pb2.CompleteRequest:
        """Return the request; where each call asks something else, with its number."""
        if order.distinct:
            request.messages[0].parts[0].text = f"{PROMPT} {time.monotonic_ns()}"
        return request

    stub: completion_pb2_grpc.CompletionServiceAsyncStub = completion_pb2_grpc.CompletionServiceStub(channel)

    async def complete() -> tuple[int, completion_pb2.CompleteResponse]:
        return 1, await stub.Complete(asked(), timeout=_DEADLINE_SECONDS, wait_for_ready=True)

    async def stream() -> tuple[int, completion_pb2.CompleteResponse]:
        count = 0
        last = completion_pb2.StreamCompleteResponse()
        async for event in stub.StreamComplete(asked(), timeout=_DEADLINE_SECONDS, wait_for_ready=True):
            count += 1
            last = event
        return count, last.completed

    return {"Complete": complete, "StreamComplete": stream}[order.method]


class WrongAnswer(Exception):
    """The server answered, but not what the provider said."""


def _check(answer: completion_pb2.CompleteResponse) -> None:
    text = "".join(part.text for part in answer.message.parts)
    # One from the cache, or of a run that others began, used none itself.
    free = answer.accounting.cache.status in _FREE
    tokens = OUTPUT_TOKENS if free else answer.accounting.usage.output_tokens
    if (text, tokens) != (TEXT, OUTPUT_TOKENS):
        raise WrongAnswer(f"{tokens} tokens: {text[:80]!r}")


def main() -> None:
    """Work until there are no more orders: the harness closes the pipe, or the kernel does when it has died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    read = msgspec.json.Decoder(Order).decode
    write = msgspec.json.Encoder().encode
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin.buffer:
            try:
                outcome = runner.run(put(read(line)))
            except ExceptionGroup as failures:
                outcome = _failed(failures)
            sys.stdout.buffer.write(write(outcome) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
