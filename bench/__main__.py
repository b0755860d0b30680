"""`python -m bench`: measures, prints a table, and writes the figures as JSON where asked to."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from bench import report
from bench.measure import Amount, Bench, BenchFailed
from bench.processes import DidNotStart
from bench.rows import ROWS, STARTS


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="bench", description="CPU a call of llmrpc, as ratios to floors.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is measured (default %(default)s)")
    parser.add_argument("--calls", type=int, default=150, help="unary calls in a round (default %(default)s)")
    parser.add_argument("--concurrency", type=int, default=16, help="calls at once (default %(default)s)")
    parser.add_argument("--starts", type=int, default=1, help="starts of each server; 0 for none (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file, too")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        made = measure(Amount(options.rounds, options.calls, options.concurrency), options.starts)
    except (BenchFailed, DidNotStart) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
    print(report.table(made))
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")


def measure(amount: Amount, starts: int) -> report.Report:
    """Measure all rows and starts."""
    with tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as folder, Bench.open(Path(folder)) as bench:
        begins = {start: [bench.begin(start) for _ in range(starts)] for start in STARTS}
        return report.make(amount, (ROWS, *bench.costs(ROWS, amount)), begins)


if __name__ == "__main__":
    main()
