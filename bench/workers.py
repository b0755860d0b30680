"""`python -m bench.workers`: what a second worker adds, in calls a second and CPU a call, and what each process holds.

The server with one worker and with two, in turns, under the same load over many connections. Client, provider and
server share the machine: where they have all its cores already, a second worker has nothing to work with.
"""

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import processes
from bench.contenders import ENVIRONMENT, with_workers
from bench.orders import Order, Outcome
from bench.processes import PYTHON, Process

WORKERS = (1, 2)
# What asks for the model "burst" is kept: see contenders.py.
LOADS = {"unary, openai": "openai/another", "hit in memory": "openai/burst"}
_CALLERS_A_CONNECTION = 2
_MOST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A round.

    Attributes:
        per_second: Calls, of all callers together.
        cpu_us: Microseconds of CPU a call, of all the server's processes.
        supervisor_us: Of that the supervisor's, where there is one.
        busiest: The share of it that the busiest of them used.
    """

    per_second: float
    cpu_us: float
    supervisor_us: float
    busiest: float


def main() -> None:
    """Read the command line, run and print."""
    parser = argparse.ArgumentParser(prog="bench.workers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="in turns (default %(default)s)")
    parser.add_argument("--calls", type=int, default=2000, help="in each round (default %(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="of the client (default %(default)s)")
    options = parser.parse_args()
    samples: dict[tuple[str, int], list[Sample]] = {}
    with tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as folder, ExitStack() as stack:
        client = stack.enter_context(processes.running([*PYTHON, "bench.load"]))
        beside = {
            name: stack.enter_context(processes.running([*PYTHON, f"bench.{name}"])) for name in ("canned", "memcached")
        }
        places = {name: processes.address(process) for name, process in beside.items()}
        commands = {number: with_workers(number).started_by(places, Path(folder)) for number in WORKERS}
        servers = {
            number: stack.enter_context(processes.running(command, env=ENVIRONMENT))
            for number, command in commands.items()
        }
        addresses = {number: processes.address(server) for number, server in servers.items()}
        for turn in range(options.rounds + 1):
            for load, model in LOADS.items():
                for number in WORKERS if turn % 2 else reversed(WORKERS):
                    order = Order(
                        addresses[number],
                        "Complete",
                        model,
                        options.calls,
                        options.connections * _CALLERS_A_CONNECTION,
                        _MOST_SECONDS,
                        connections=options.connections,
                    )
                    sample = _sample(servers[number], client, order)
                    if turn:  # the first one warms up
                        samples.setdefault((load, number), []).append(sample)
        held = {number: processes.resident_by_process(server) for number, server in servers.items()}
    _print(samples, held)


def _sample(server: Process, client: Process, order: Order) -> Sample:
    before = processes.cpu_by_process(server)
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(msgspec.json.encode(order) + b"\n")
    client.stdin.flush()
    outcome = msgspec.json.decode(client.stdout.readline(), type=Outcome)
    assert not outcome.failure, outcome.failure
    used = [seconds - before[pid] for pid, seconds in processes.cpu_by_process(server).items()]
    supervisor = used[0] if len(used) > 1 else 0.0
    a_call = 1e6 / outcome.calls
    return Sample(outcome.calls / outcome.seconds, sum(used) * a_call, supervisor * a_call, max(used) / sum(used))


def _print(samples: dict[tuple[str, int], list[Sample]], held: dict[int, list[int]]) -> None:
    print("| load          | workers | calls/s max / median | CPU a call, us min / median | supervisor | busiest |")
    print("| ------------- | ------- | -------------------- | --------------------------- | ---------- | ------- |")
    for (load, number), rounds in samples.items():
        speeds, costs = [sample.per_second for sample in rounds], [sample.cpu_us for sample in rounds]
        speed = f"{max(speeds):,.0f} / {statistics.median(speeds):,.0f}"
        cost = f"{min(costs):,.0f} / {statistics.median(costs):,.0f}"
        busiest = statistics.median(sample.busiest for sample in rounds)
        above = statistics.median(sample.supervisor_us for sample in rounds)
        print(f"| {load:<13} | {number:>7} | {speed:>20} | {cost:>27} | {above:>10.0f} | {busiest:>7.2f} |")
    print("\n| workers | MB resident of each process, the supervisor first |\n| --- | --- |")
    for number, each in held.items():
        print(f"| {number} | {', '.join(f'{size / 1e6:.0f}' for size in each)} |")


if __name__ == "__main__":
    main()
