"""`python -m bench.zipf`: what the cache saves where some questions are asked more often than others.

A real server with its cache in memory, a canned provider, and callers that ask one of many questions: the n-th most
popular one with a weight of 1 / n^s. Money is the public price of gpt-4o for the canned answer's tokens.
"""

import argparse
import asyncio
import random
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import grpc
from genai_prices import Usage, calc_price

from bench import processes
from bench.contenders import ENVIRONMENT, KEPT
from bench.processes import PYTHON
from bench.wire import INPUT_TOKENS, OUTPUT_TOKENS
from llmrpc.v1 import cache_pb2, cache_pb2_grpc, completion_pb2, completion_pb2_grpc, message_pb2

EXPONENTS = (0.6, 0.8, 1.0, 1.2)


@dataclass(frozen=True, slots=True)
class Workload:
    """How many calls there are, how many at once, and of how many questions."""

    calls: int
    concurrency: int
    questions: int


def main() -> None:
    """Read the command line, run and print."""
    parser = argparse.ArgumentParser(prog="bench.zipf", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=3000, help="for each exponent (default %(default)s)")
    parser.add_argument("--concurrency", type=int, default=32, help="calls at once (default %(default)s)")
    parser.add_argument(
        "--exponents", type=float, nargs="+", default=EXPONENTS, metavar="S", help="how uneven (default: %(default)s)"
    )
    parser.add_argument("--questions", type=int, default=1000, help="different ones (default %(default)s)")
    options = parser.parse_args()
    workload = Workload(options.calls, options.concurrency, options.questions)
    print("| s   | calls | asked the provider | hits  | joined | hit ratio | saved USD | of USD |")
    print("| --- | ----- | ------------------ | ----- | ------ | --------- | --------- | ------ |")
    for exponent in options.exponents:
        counts = _run(workload, exponent)
        free = counts.hits + counts.joined
        total = free + counts.misses
        print(
            f"| {exponent} | {total:>5} | {counts.misses:>18} | {counts.hits:>5} | {counts.joined:>6} "
            f"| {free / total:>9.2f} | {free * _price():>9.4f} | {total * _price():>6.4f} |"
        )


def _price() -> Decimal:
    usage = Usage(input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS)
    return calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price


def _run(workload: Workload, exponent: float) -> cache_pb2.CacheStats:
    """Start a server with an empty cache, put the load on it and return its counts."""
    with (
        tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as folder,
        processes.running([*PYTHON, "bench.canned"]) as canned,
    ):
        command = KEPT.started_by({"canned": processes.address(canned)}, Path(folder))
        with processes.running(command, env=ENVIRONMENT) as server:
            return asyncio.run(_ask(processes.address(server), workload, exponent))


async def _ask(address: str, workload: Workload, exponent: float) -> cache_pb2.CacheStats:
    rng = random.Random(7)
    weights = list(accumulate(1 / rank**exponent for rank in range(1, workload.questions + 1)))
    turns = iter(rng.choices(range(workload.questions), cum_weights=weights, k=workload.calls))
    async with grpc.aio.insecure_channel(address) as channel:
        completion: completion_pb2_grpc.CompletionServiceAsyncStub = completion_pb2_grpc.CompletionServiceStub(channel)
        cache: cache_pb2_grpc.CacheServiceAsyncStub = cache_pb2_grpc.CacheServiceStub(channel)

        async def caller() -> None:
            """Ask one question after another."""
            for question in turns:
                part = message_pb2.ContentPart(text=f"Question {question}")
                said = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[part])
                request = completion_pb2.CompleteRequest(model="openai/burst", messages=[said])
                await completion.Complete(request, timeout=60)

        await asyncio.gather(*(caller() for _ in range(workload.concurrency)))
        [counts] = (await cache.GetCacheStats(cache_pb2.GetCacheStatsRequest())).routes
        return counts


if __name__ == "__main__":
    main()
