"""A worker's process, as its supervisor sees it."""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable, Sequence

from llmrpc_server.workers.output import Output

_MOST_AT_ONCE = 64 * 1024
_STANDARD_INPUT = 0
_STANDARD_ERROR = 2
# What a worker begins with not to get until it hears it: it would be killed, where it is to drain.
_UNHEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Process:
    """Runs from when it is made, in a process group of its own: a terminal's Ctrl-C reaches the supervisor alone.

    Args:
        number: The worker's.
        command: What starts it.
        write: Takes lines of the log.

    Raises:
        OSError: The system has no room for it.

    Attributes:
        pid: Its id.
        line: The supervisor's end of the lifeline.
        output: What it writes.
        serves: Whether it does.
        metrics: Host and port of its own Prometheus endpoint; empty until it serves, or for none.
        announcement: What it says of itself, once it serves.
    """

    def __init__(self, number: int, command: Sequence[str], write: Callable[[bytes], object]) -> None:
        self.serves = False
        self.metrics = ""
        self.announcement = ""
        self._said = b""
        with contextlib.ExitStack() as on_failure, contextlib.ExitStack() as theirs:
            self.line, its_line = socket.socketpair()
            on_failure.callback(self.line.close)
            theirs.callback(its_line.close)
            self.line.settimeout(0)
            reading, writing = os.pipe()
            theirs.callback(os.close, writing)
            self.output = Output(number, reading, write)
            on_failure.callback(self.output.close)
            self.pid = os.posix_spawn(
                command[0],
                list(command),
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, its_line.fileno(), _STANDARD_INPUT),
                    (os.POSIX_SPAWN_DUP2, writing, _STANDARD_ERROR),
                ],
                setpgroup=0,
                setsigmask=_UNHEARD,
            )
            on_failure.pop_all()

    def hear(self) -> bool:
        """Read what it says of itself; tell whether it has more to say."""
        piece = b""
        with contextlib.suppress(OSError):
            piece = self.line.recv(_MOST_AT_ONCE)
        self._said += piece
        line, newline, _ = self._said.partition(b"\n")
        if newline:
            told = json.loads(line)
            self.serves, self.metrics, self.announcement = True, told["metrics"], told["announcement"]
            self.output.read()
            self.output.release()
        return bool(piece) and not newline

    def end(self, number: signal.Signals) -> None:
        """Tell it to drain, or, a second time, to end what is left."""
        # It may have ended just now.
        with contextlib.suppress(OSError):
            self.line.send(bytes((number,)))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nobody else can have its id before it was reaped."""
        os.kill(self.pid, number)

    def close(self) -> None:
        """Close what led to it."""
        self.line.close()
        self.output.close()
