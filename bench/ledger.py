"""`python -m bench.ledger`: what the ledger and accounting cost a call, and how long a question over many calls takes.

Calls: in one process, in turns, the same canned answer straight from the attempt, and through the steps ledger and
accounting into SQLite; at full load, where many calls share a transaction, and at 200 calls a second, where few do. The
provider says what it used, as vendors do. The CPU is the whole process's, the database's thread included, until all
calls are in their rows and in the hourly sums. The median of the rounds' differences is told, with the least and the
greatest: at a steady rate one chore in either turn is more than all calls of it. Goals: less than 70 us of CPU a call,
less than 5 ms of latency added at 200 calls a second.

Question: QueryUsage's sums by model over a month of calls that are all in the hourly rows. Goal: less than a second
over a million.
"""

import argparse
import asyncio
import functools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path

import uvloop
from typing_extensions import override

from bench.survival import Canned
from llmrpc.v1 import accounting_pb2, completion_pb2, usage_pb2
from llmrpc_server import ledger, money
from llmrpc_server.access.principal import Principal
from llmrpc_server.attempts.attempt import attempt
from llmrpc_server.budgets import Budgets
from llmrpc_server.call import Call, Events
from llmrpc_server.config import LedgerSettings, PriceSettings
from llmrpc_server.database import Database
from llmrpc_server.database.insert import put_structs
from llmrpc_server.departure import Departure
from llmrpc_server.interceptors.accounting import AccountingInterceptor
from llmrpc_server.interceptors.ledger import LedgerInterceptor
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.ledger.ledger import Ledger
from llmrpc_server.ledger.reading import query
from llmrpc_server.ledger.reading.query import Filter
from llmrpc_server.ledger.rows import CallRow, Who, call_row
from llmrpc_server.ledger.sums.hours import HOUR_US, sum_up
from llmrpc_server.ledger.tables import calls
from llmrpc_server.moments import duration
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.prices import PriceBook
from llmrpc_server.requests.features import demands

ROUNDS = 7
CALLS = 2000
AT_ONCE = 64
PER_SECOND = 200
SECONDS = 1.5
MONTH_HOURS = 720

Way = Callable[[Call], Events]


class _Counting(Canned):
    @override
    async def stream(self, call: Call) -> Events:
        usage = call.attempt.usage
        usage.input_tokens, usage.output_tokens, usage.source = 20, 80, accounting_pb2.USAGE_SOURCE_PROVIDER
        async with aclosing(super().stream(call)) as events:
            async for event in events:
                yield event


_TARGET = Target(_Counting("canned", 50), "model")
_REQUEST = completion_pb2.CompleteRequest()
_NUMBERS = iter(range(10**9))


async def _committed() -> None:
    pass


def _call() -> Call:
    route = Route("default", (_TARGET,))
    call = Call(
        f"{next(_NUMBERS):032x}", _REQUEST, streaming=False, principal=Principal(), commit=_committed, deadline=None
    )
    call.plan = Plan(route, (_TARGET,), {}, _REQUEST, _REQUEST, demands(_REQUEST))
    call.target = _TARGET
    return call


async def _one(way: Way) -> float:
    started = time.perf_counter()
    async with aclosing(way(_call())) as events:
        async for _ in events:
            pass
    return time.perf_counter() - started


async def _entered(books: Ledger) -> None:
    """Do what is left to be done for the calls that are over."""
    await books.catch_up()
    await books.sum_up()


async def _full_load(way: Way, books: Ledger, count: int) -> float:
    """Return the process's CPU a call, in microseconds, with many calls at once."""
    started = time.process_time()
    for _ in range(count // AT_ONCE):
        await asyncio.gather(*(_one(way) for _ in range(AT_ONCE)))
    await _entered(books)
    return (time.process_time() - started) / (count // AT_ONCE * AT_ONCE) * 1e6


async def _steady(way: Way, books: Ledger, seconds: float) -> tuple[float, float]:
    """Return the CPU a call in microseconds and the median latency in milliseconds, at a steady rate."""
    cpu, tasks = time.process_time(), []
    count = int(seconds * PER_SECOND)
    begun = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(_one(way)))
    latencies = await asyncio.gather(*tasks)
    await _entered(books)
    return (time.process_time() - cpu) / count * 1e6, statistics.median(latencies) * 1e3


async def _calls(folder: Path, count: int, seconds: float) -> Iterator[str]:
    database = Database(f"sqlite:///{folder}/calls.db", [ledger.MIGRATIONS])
    await database.open()
    books = Ledger(database, LedgerSettings(url=f"sqlite:///{folder}/calls.db"))
    await books.start()
    keeper = Bookkeeper(books.writer, Budgets([]))
    row = PriceSettings.model_validate({"input": "2.50", "output": "10"})
    prices = PriceBook({"canned/model": row}, {})
    around, inside = LedgerInterceptor(keeper, prices, Departure()), AccountingInterceptor(keeper, prices)

    def booked(call: Call) -> Events:
        return around.step(call, lambda outer: inside.step(outer, attempt))

    added, steady, late = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        bare = await _full_load(attempt, books, count)
        added.append(await _full_load(booked, books, count) - bare)
        bare_cpu, bare_ms = await _steady(attempt, books, seconds)
        cpu, ms = await _steady(booked, books, seconds)
        steady.append(cpu - bare_cpu)
        late.append(ms - bare_ms)
    await books.stop()
    await database.close()
    return iter(
        (
            f"full load: {_told(added, 0)} us of CPU a call added (goal 70)",
            f"{PER_SECOND} calls a second: {_told(steady, 0)} us of CPU a call added (goal 70)",
            f"{PER_SECOND} calls a second: {_told(late, 1)} ms added (goal 5)",
        )
    )


def _told(figures: Sequence[float], digits: int) -> str:
    """Tell the median, the least and the greatest."""
    told = (statistics.median(figures), min(figures), max(figures))
    return "{} ({} to {})".format(*(f"{figure:.{digits}f}" for figure in told))


@contextmanager
def _timed(told: list[float]) -> Iterator[None]:
    started = time.perf_counter()
    yield
    told.append(time.perf_counter() - started)


async def _question(folder: Path, count: int) -> str:
    database = Database(f"sqlite:///{folder}/question.db", [ledger.MIGRATIONS])
    await database.open()
    pick, first = random.Random(1), time.time_ns() // 1000 // HOUR_US * HOUR_US - MONTH_HOURS * HOUR_US
    for start in range(0, count, 20_000):
        rows = [_random_row(pick, f"{number:032x}", first) for number in range(start, min(start + 20_000, count))]
        await database.write(functools.partial(put_structs, table=calls, rows=rows))
    while await sum_up(database):
        pass
    told: list[float] = []
    for _ in range(5):
        with _timed(told):
            await query.usage(database, Filter(), [usage_pb2.USAGE_DIMENSION_MODEL], "")
    await database.close()
    return f"question over {count:,} calls: {statistics.median(told):.2f} s (goal 1)"


def _random_row(pick: random.Random, call_id: str, first: int) -> CallRow:
    usage = accounting_pb2.Usage(
        input_tokens=pick.randrange(5000),
        output_tokens=pick.randrange(800),
        source=accounting_pb2.USAGE_SOURCE_PROVIDER,
    )
    books = accounting_pb2.Accounting(
        call_id=call_id,
        route="default",
        target=accounting_pb2.Target(provider="openai", model=pick.choice(["gpt-4o", "gpt-4o-mini", "o3"])),
        usage=usage,
        cost=money.cost(pick.randrange(10**10)),
        attempts_total=1,
        duration=duration(pick.random() * 20),
    )
    return call_row(
        books,
        target=books.target,
        start_us=first + pick.randrange(MONTH_HOURS * HOUR_US),
        who=Who(pick.choice(["a", "b", "c", "d"])),
        labels={"team": pick.choice(["search", "ads"])},
        method="llmrpc.v1.CompletionService/Complete",
        code=0,
        reason=0,
    )


async def _measure(count: int, seconds: float, rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as name:
        for line in await _calls(Path(name), count, seconds):
            print(line)
        print(await _question(Path(name), rows))


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="bench.ledger", description="What the ledger costs.")
    parser.add_argument("--calls", type=int, default=CALLS, help="in each round (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the steady rate (default %(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="calls to question (default %(default)s)")
    options = parser.parse_args()
    uvloop.run(_measure(options.calls, options.seconds, options.rows))


if __name__ == "__main__":
    main()
