"""`python -m bench.open_streams`: many streams at once that each say little: what they cost, and how late they end.

A stream has 50 chunks, ten a second. Callers begin one stream after another, spread over a stream's time; the server's
CPU is that of the middle, when all of them are open. Provider and callers need processors of their own: where there
are too few, everything is late together, so a floor stands beside it.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import grpc
import uvloop

from bench import processes
from bench.canned import LEISURELY, PACES
from bench.contenders import COALESCING, ENVIRONMENT, WITH_OPENAI, Contender
from bench.load import PROMPT
from bench.processes import PYTHON
from bench.wire import OPENAI, TEXT
from llmrpc.v1 import completion_pb2, message_pb2

_METHOD = "/llmrpc.v1.CompletionService/StreamComplete"
_IDEAL_SECONDS = (len(OPENAI.chunks) - 1) * PACES[LEISURELY]
# Connections; gRPC lets a hundred streams share one before it makes the next wait, where a server says nothing.
_STREAMS_A_CHANNEL = 100
_HEAD = """\
| open streams | server             | processors | CPU a chunk, us | messages | late by, s, p50 / p99 | MB  |
| ------------ | ------------------ | ---------- | --------------- | -------- | --------------------- | --- |"""


@dataclass(slots=True)
class Seen:
    """What came of a load.

    Attributes:
        seconds: How long each stream took.
        messages: How many came.
        failed: Streams that broke, or ended without the whole answer.
    """

    seconds: list[float] = field(default_factory=list)
    messages: int = 0
    failed: int = 0


def main() -> None:
    """Read the command line, run and print."""
    parser = argparse.ArgumentParser(prog="bench.open_streams", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--streams", type=int, nargs="+", default=(500, 1000, 2000), help="open at once")
    options = parser.parse_args()
    print(_HEAD)
    for count in options.streams:
        for contender in (COALESCING, WITH_OPENAI):
            print(_row(contender, count), flush=True)


def _row(contender: Contender, count: int) -> str:
    with (
        tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as folder,
        processes.running([*PYTHON, "bench.canned"]) as canned,
    ):
        command = contender.started_by({"canned": processes.address(canned)}, Path(folder))
        with processes.running(command, env=ENVIRONMENT) as server:
            seen, cpu, elapsed = uvloop.run(_measure(server, count))
            megabytes = processes.resident_bytes(server) / 1e6
    cuts = quantiles((seconds - _IDEAL_SECONDS for seconds in seen.seconds), n=100)
    chunks = count / PACES[LEISURELY] * elapsed
    messages = seen.messages / max(len(seen.seconds), 1)
    return (
        f"| {count:>12,} | {contender.name:18} | {cpu / elapsed:>10.2f} | {cpu / chunks * 1e6:>15.0f} "
        f"| {messages:>8.1f} | {cuts[49]:>8.2f} / {cuts[98]:>10.2f} | {megabytes:>3.0f} |"
        + (f" {seen.failed} FAILED" if seen.failed else "")
    )


async def _measure(server: processes.Process, count: int) -> tuple[Seen, float, float]:
    """Return what callers saw, and the server's CPU and the seconds of the middle."""
    address, seen = processes.address(server), Seen()
    channels = [grpc.aio.insecure_channel(address) for _ in range(-(-count // _STREAMS_A_CHANNEL))]
    callers = [asyncio.create_task(_call(channels[n % len(channels)], n / count, seen)) for n in range(count)]
    await asyncio.sleep(1.5 * _IDEAL_SECONDS)
    started, before = time.monotonic(), processes.cpu_seconds(server)
    await asyncio.sleep(_IDEAL_SECONDS)
    cpu, elapsed = processes.cpu_seconds(server) - before, time.monotonic() - started
    await asyncio.gather(*callers)
    await asyncio.gather(*(channel.close() for channel in channels))
    return seen, cpu, elapsed


async def _call(channel: grpc.aio.Channel, share: float, seen: Seen) -> None:
    """Be one caller, from a moment of its own on, for three streams."""
    said = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[message_pb2.ContentPart(text=PROMPT)])
    request = completion_pb2.CompleteRequest(model=f"openai/{LEISURELY}", messages=[said]).SerializeToString()
    # Messages stay bytes: the callers' processor is the server's, too.
    stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(_METHOD)
    await asyncio.sleep(share * _IDEAL_SECONDS)
    for _ in range(3):
        started, last = time.monotonic(), b""
        try:
            async for message in stream(request, timeout=120):
                seen.messages, last = seen.messages + 1, message
        except grpc.aio.AioRpcError:
            seen.failed += 1
            continue
        seen.seconds.append(time.monotonic() - started)
        answer = completion_pb2.StreamCompleteResponse.FromString(last).completed.message
        seen.failed += "".join(part.text for part in answer.parts) != TEXT


if __name__ == "__main__":
    main()
