"""Processes of the bench: none outlives it, however it ends; and what the kernel counts of them."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

PYTHON = (sys.executable, "-m")
_STOP_SECONDS = 5.0

# Keys, addresses and proxies of the outside have no business here.
_OUTSIDE = ("OPENAI_", "ANTHROPIC_", "LLMRPC_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

Process = subprocess.Popen[bytes]


class DidNotStart(Exception):
    """A process ended, or said something else, before it said where it listens."""


@contextlib.contextmanager
def running(
    command: Sequence[str], *, log: Path = Path(os.devnull), env: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a command until the block is left.

    Args:
        log: File for its standard error.
        env: Added to this process's environment.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*tether(), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**_environment(), **(env or {})},
        )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def address(process: Process) -> str:
    """Read host and port from a server's first line, `... serves on HOST:PORT, ...`.

    Raises:
        DidNotStart: There is no such line.
    """
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    _, _, rest = line.partition("serves on ")
    if not rest:
        raise DidNotStart(f"{process.args!r} said {line!r}")
    return rest.split()[0].rstrip(",")


def cpu_seconds(process: Process) -> float:
    """Return what a process and those below it have used, user and system, in seconds."""
    return sum(cpu_by_process(process).values())


def cpu_by_process(process: Process) -> dict[int, float]:
    """Return what a process and those below it have used, each by its id, user and system, to the nanosecond.

    psutil's own counters stand in ticks of 10 ms; the kernel's clock of another process is what
    clock_getcpuclockid(3) makes of its id.
    """
    return {member.pid: time.clock_gettime((~member.pid << 3) | 2) for member in _tree(process)}


def resident_bytes(process: Process) -> int:
    """Return the memory that a process and those below it hold."""
    return sum(resident_by_process(process))


def resident_by_process(process: Process) -> list[int]:
    """Return the memory that a process and those below it hold, each; its own first."""
    return [member.memory_info().rss for member in _tree(process)]


def _tree(process: Process) -> list[psutil.Process]:
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def tether() -> tuple[str, ...]:
    """Have the kernel end a process when this one was killed; without setpriv only an orderly end does."""
    return ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_OUTSIDE)}


def _stop(process: Process) -> None:
    below = _tree(process)[1:] if process.poll() is None else []
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    for orphan in below:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
