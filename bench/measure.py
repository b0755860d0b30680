"""The measurement: every case in every round, so that all meet the same weather on the machine."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import processes
from bench.contenders import ENVIRONMENT, HAS_MEMCACHED, Contender
from bench.orders import Order, Outcome
from bench.processes import PYTHON, Process
from bench.rows import Case, Load, Row, Start

# However slow the machine is, a case in a round ends soon after this.
_MOST_SECONDS = 20.0


class BenchFailed(Exception):
    """A call of the bench failed: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One case in one round.

    Attributes:
        cpu_us: Microseconds of CPU a call, user and system, of the server's whole process tree.
        messages: How many messages a call was answered with.
    """

    cpu_us: float
    messages: float


@dataclass(frozen=True, slots=True)
class Begin:
    """One start of a server: seconds until its first answer, and the memory that it then holds."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Amount:
    """How much load to make: unary calls in each round, and how many of them at once."""

    rounds: int
    calls: int
    concurrency: int


class Bench:
    """Canned provider and client; servers come and go.

    Args:
        folder: For configurations and logs.
        places: Host and port of the provider and of what else servers need, by name.
    """

    def __init__(self, folder: Path, client: Process, places: Mapping[str, str]) -> None:
        self._folder = folder
        self._client = client
        self._places = places

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path) -> Iterator["Bench"]:
        """Run provider and client until the block is left."""
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(processes.running([*PYTHON, "bench.load"], log=folder / "client.log"))
            names = ("canned", "collector", *(("memcached",) if HAS_MEMCACHED else ()))
            beside = {name: stack.enter_context(processes.running([*PYTHON, f"bench.{name}"])) for name in names}
            places = {name: processes.address(process) for name, process in beside.items()}
            yield cls(folder, client, places)

    def costs(self, rows: Iterable[Row], amount: Amount) -> tuple[dict[Case, list[Sample]], float]:
        """Measure the rows' cases in alternating rounds; also return the megabytes that the last row's server holds."""
        cases = list(dict.fromkeys(case for row in rows for case in (row.against, row.case)))
        samples: dict[Case, list[Sample]] = {case: [] for case in cases}
        with contextlib.ExitStack() as stack:
            contenders = dict.fromkeys(case.contender for case in cases)
            started = {contender: stack.enter_context(self._process(contender)) for contender in contenders}
            servers = {contender: _Server(process) for contender, process in started.items()}
            for case in cases:
                if not case.load.together:  # the others have warmed those up
                    self._put(case, servers[case.contender], _warm_up(amount))
            for number in range(amount.rounds):
                # What comes first in one round comes last in the next.
                for case in cases if number % 2 == 0 else reversed(cases):
                    samples[case].append(self._sample(case, servers[case.contender], amount))
            return samples, _megabytes(servers[cases[-1].contender].process)

    def begin(self, start: Start) -> Begin:
        """Start a server anew, and end it."""
        began = time.monotonic()
        with self._process(start.contender) as process:
            server = _Server(process)
            seconds = 0.0
            for provider in start.providers:
                self._put(Case(start.contender, _ONE, provider), server, Amount(1, 1, 1))
                seconds = seconds or time.monotonic() - began
            return Begin(seconds, _megabytes(server.process))

    def _process(self, contender: Contender) -> contextlib.AbstractContextManager[Process]:
        command = contender.started_by(self._places, self._folder)
        return processes.running(command, log=self._folder / f"{contender.name}.log", env=ENVIRONMENT)

    def _sample(self, case: Case, server: "_Server", amount: Amount) -> Sample:
        before = processes.cpu_seconds(server.process)
        outcome = self._put(case, server, amount)
        cpu = processes.cpu_seconds(server.process) - before
        return Sample(cpu / outcome.calls * 1e6, outcome.messages)

    def _put(self, case: Case, server: "_Server", amount: Amount) -> Outcome:
        calls = max(amount.calls // case.load.weight, 1)
        concurrency = calls if case.load.together else min(amount.concurrency, calls)
        order = Order(
            server.address, case.load.method, case.model, calls, concurrency, _MOST_SECONDS, case.load.distinct
        )
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write(msgspec.json.encode(order) + b"\n")
        self._client.stdin.flush()
        outcome = msgspec.json.decode(self._client.stdout.readline(), type=Outcome)
        if outcome.failure:
            raise BenchFailed(f"{case.contender.name}, {case.load.method} {case.model}: {outcome.failure}")
        return outcome


class _Server:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.address = processes.address(process)


_ONE = Load("Complete", "burst")


def _warm_up(amount: Amount) -> Amount:
    """Open connections and fill caches; a tenth of a round does."""
    return Amount(1, max(amount.calls // 10, 1), amount.concurrency)


def _megabytes(process: Process) -> float:
    return processes.resident_bytes(process) / 1e6


def ratios(samples: Sequence[Sample], against: Sequence[Sample]) -> list[float]:
    """Divide round by round: what disturbs the machine in a round disturbs both."""
    return [sample.cpu_us / floor.cpu_us for sample, floor in zip(samples, against, strict=True)]
