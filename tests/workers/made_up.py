"""The supervisor above workers that a test writes: a few lines of Python that start in no time."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import toolchains

_SUPERVISOR = (sys.executable, "-P", "-m", "llmrpc_server.workers")

_WORKER = """
import json, os, signal, socket, sys, time
signal.pthread_sigmask(signal.SIG_SETMASK, ())
line = socket.socket(fileno=os.dup(0))
def serves(metrics=""):
    line.sendall(json.dumps({"metrics": metrics, "announcement": "it serves on " + sys.argv[1]}).encode() + b"\\n")
def say(text):
    os.write(2, text.encode())
def ordered():
    order = line.recv(1)
    say('{"event":"ordered %s"}\\n' % (signal.Signals(order[0]).name if order else "by its death"))
def found(name):
    while not os.path.exists(name):
        time.sleep(0.005)
"""


class Supervised:
    """A supervisor that runs.

    Attributes:
        process: It.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log

    def announced(self) -> str:
        """Wait for its first line of output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def log(self) -> list[str]:
        """Return the lines that were logged by now, from all of them."""
        return self._log.read_text(encoding="utf-8").splitlines()

    def wait_until(self, logged: Callable[[list[str]], bool]) -> list[str]:
        """Wait for something in the log, and return it."""
        ends = time.monotonic() + 30
        while not logged(lines := self.log()):
            assert time.monotonic() < ends, lines
            time.sleep(0.005)
        return lines

    def wait(self) -> int:
        """Return the exit code once it has ended."""
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def supervised(
    folder: Path, code: str, *, workers: int = 2, prefix: tuple[str, ...] = (), group: bool = False
) -> Iterator[Supervised]:
    """Run a supervisor in a folder until the block is left; `code` is what its workers do."""
    log = folder / "log"
    command = [
        *prefix,
        *_SUPERVISOR,
        "made up",
        str(workers),
        "127.0.0.1:0",
        "off",
        sys.executable,
        "-S",
        "-c",
        _WORKER + code,
    ]
    environment = {**toolchains.environment(), "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=group,
        ) as process,
    ):
        try:
            yield Supervised(process, log)
        finally:
            process.kill()


def alive(pid: int) -> bool:
    """Tell whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    """Return the processes that one has started, those that have ended and were not buried among them."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in tasks.split()]


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.005)
