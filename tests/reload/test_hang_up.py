"""What SIGHUP does to `llmrpc serve`: the end of a terminal ends what was begun in it, all else is a wish to reload."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fault_provider import ThreadedFaultProvider
from gateway import LLMRPC

CONFIG = """\
providers:
  openai: {kind: openai, api_key: '%s', base_url: %s/v1}
routes:
  default: [openai/gpt-4o]
"""
SERVE = (str(LLMRPC), "serve", "--listen", "127.0.0.1:0", "--metrics", "off")


_IN_A_TERMINAL = """
import os, pty, sys
child, terminal = pty.fork()
if not child:
    os.dup2(os.open("log", os.O_WRONLY | os.O_CREAT), 2)
    os.execvp(sys.argv[1], sys.argv[1:])
sys.stdout.write(os.fdopen(os.dup(terminal), buffering=1).readline())
sys.stdout.write(f"{child}\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@contextlib.contextmanager
def in_a_terminal(folder: Path, faults: ThreadedFaultProvider, *command: str) -> Iterator[int]:
    """Run a server in a terminal that is closed when the block is left; yield its process once it serves."""
    (folder / "llmrpc.yaml").write_text(CONFIG % ("${TEST_KEY}", faults.base_url), encoding="utf-8")
    pipe = subprocess.PIPE
    env = {**os.environ, "TEST_KEY": "sk-test-1"}
    with subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL, *command], stdin=pipe, stdout=pipe, text=True, cwd=folder, env=env
    ) as terminal:
        assert terminal.stdout is not None
        first, process = (terminal.stdout.readline() for _ in range(2))
        assert first.startswith("llmrpc serves on")
        yield int(process)
        terminal.kill()


def test_a_terminal_that_is_closed(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """Whoever closes the terminal that the server was started in ends it, and leaves nothing behind."""
    with in_a_terminal(tmp_path, faults, *SERVE) as process:
        os.kill(process, signal.SIGHUP)
        until(lambda: reloads(tmp_path) == 1)
    until(lambda: not _lives(process))


def test_nohup(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """A server that was started as nohup does it outlives its terminal, and reloads after that."""
    with in_a_terminal(tmp_path, faults, "sh", "-c", 'trap "" HUP; exec "$@"', "nohup", *SERVE) as process:
        pass
    try:
        os.kill(process, signal.SIGHUP)
        until(lambda: reloads(tmp_path) >= 1)
        os.kill(process, signal.SIGHUP)
        until(lambda: reloads(tmp_path) >= 2)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    until(lambda: not _lives(process))


def test_while_it_starts(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """A server that is told to reload while it reads its secrets does so when it serves."""
    secret = tmp_path / "secret"
    os.mkfifo(secret)
    (tmp_path / "llmrpc.yaml").write_text(CONFIG % ("${file:secret}", faults.base_url), encoding="utf-8")
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(SERVE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=tmp_path) as process,
    ):
        assert process.stdout is not None
        try:
            with secret.open("w", encoding="utf-8") as written:
                process.send_signal(signal.SIGHUP)
                written.write("sk-test-1")
            assert process.stdout.readline().startswith("llmrpc serves on")
            secret.write_text("sk-test-2", encoding="utf-8")
            until(lambda: reloads(tmp_path) == 1)
        finally:
            process.kill()


def reloads(folder: Path) -> int:
    """Count how often the server in a folder has reloaded."""
    return (folder / "log").read_text(encoding="utf-8").count("was reloaded")


def until(condition: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(process: int) -> bool:
    """Tell whether a process is there; one that nobody has asked about its end is none."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
