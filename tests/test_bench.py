"""bench/: it still measures every row. What the figures are is for people to read: no test looks at them."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from bench.contenders import HAS_MEMCACHED
from bench.decode import FORMATS
from bench.measure import Bench
from bench.rows import ROWS, STARTS

_ROOT = Path(__file__).parents[1]
_COMMAND = (sys.executable, "-m", "bench", "--rounds", "1", "--calls", "4", "--starts", "0")


def test_every_row_is_measured(tmp_path: Path) -> None:
    """A run prints and writes a figure for each row, from calls that were all answered rightly."""
    file = tmp_path / "figures.json"
    run = subprocess.run([*_COMMAND, "--json", str(file)], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    measured = json.loads(file.read_text(encoding="utf-8"))["costs"]
    assert [row.name for row in ROWS] == [cost["name"] for cost in measured]
    assert all(row.name in run.stdout for row in ROWS)
    assert all(cost["cpu_us_min"] > 0 and cost["ratio_min"] > 0 and cost["messages"] >= 1 for cost in measured)


def test_decoding_is_measured() -> None:
    """A run tells each wire format's decoding beside its SDK's, and its rendering, from answers that are right."""
    command = (sys.executable, "-m", "bench.decode", "--rounds", "1", "--answers", "1")
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    for format_ in FORMATS:
        assert [3, 1] == [len(re.findall(rf"{row}{format_.kind} +\|", run.stdout)) for row in (", ", r"\| ")]


def test_prompts_and_shapes_are_measured() -> None:
    """A run tells what rendering costs in each format, and checking an answer; no prompt, no LangChain."""
    command = (sys.executable, "-m", "bench.shapes", "--rounds", "1", "--times", "2")
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    assert ["f-string", "mustache", "jinja2"] == re.findall(r"render (\S+)", run.stdout)
    assert "imports LangChain: no" in run.stdout


def test_popular_questions_are_measured() -> None:
    """A run tells, for each exponent, what the cache saved: all that the provider was not asked."""
    command = (sys.executable, "-m", "bench.zipf", "--calls", "60", "--questions", "10", "--exponents", "0.8", "1.2")
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    rows = [line.split("|")[1:-1] for line in run.stdout.splitlines()[2:]]
    assert [0.8, 1.2] == [float(row[0]) for row in rows]
    for _, calls, asked, hits, joined, *_money in rows:
        assert int(calls) == 60 == int(asked) + int(hits) + int(joined)
        assert int(asked) <= 10


@pytest.mark.skipif(not HAS_MEMCACHED, reason="several workers need memcached")
def test_workers_are_measured() -> None:
    """A run tells of one worker and of two what a call costs and what each process holds."""
    command = (sys.executable, "-m", "bench.workers", "--rounds", "1", "--calls", "8", "--connections", "2")
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    assert ["1", "2"] * 2 == re.findall(r"^\| (?:unary|hit)[^|]*\| +(\d) \|", run.stdout, re.MULTILINE)
    assert ["1", "3"] == [str(row.count(",") + 1) for row in run.stdout.splitlines()[-2:]]


def test_a_start_is_measured(tmp_path: Path) -> None:
    """A server started anew answers, and its memory is read."""
    with Bench.open(tmp_path) as bench:
        begin = bench.begin(STARTS[0])
    assert begin.seconds > 0
    assert begin.megabytes > 0


def test_no_process_outlives_a_killed_run() -> None:
    """Even a harness that could not tidy up leaves no server behind."""
    with subprocess.Popen(_COMMAND, cwd=_ROOT, stdout=subprocess.DEVNULL) as harness:
        started: list[psutil.Process] = []
        while not started:
            started = psutil.Process(harness.pid).children(recursive=True)
        harness.send_signal(signal.SIGKILL)
        harness.wait()
    _, alive = psutil.wait_procs(started, timeout=10)
    assert [] == alive
