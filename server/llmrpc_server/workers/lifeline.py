"""What a worker and its supervisor tell each other, over a pair of sockets that is the worker's standard input.

The worker says once that it serves, in a line of JSON. The supervisor hands on what shall end it, the number of a
signal in a byte. When the supervisor has died, however it did, its end closes, and the worker drains.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable

_STANDARD_INPUT = 0


class Lifeline:
    """The worker's end. Its children do not inherit it: theirs is an empty standard input."""

    def __init__(self) -> None:
        self._socket = socket.socket(fileno=os.dup(_STANDARD_INPUT))
        self._socket.settimeout(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, _STANDARD_INPUT)
        os.close(nothing)
        self._begun = False
        self._ordered = False

    def hear(self, tell: Callable[[signal.Signals], None]) -> None:
        """Have `tell` called when this worker shall drain, and once more when the supervisor says so once more.

        A signal of the worker's own only begins that: whoever ends a whole control group sends it one, and the
        supervisor's order for the same follows.
        """
        loop = asyncio.get_running_loop()

        def begin(number: signal.Signals) -> None:
            if not self._begun:
                self._begun = True
                tell(number)

        def read() -> None:
            try:
                orders = self._socket.recv(64)
            except BlockingIOError:
                return
            except OSError:
                orders = b""
            if not orders:
                loop.remove_reader(self._socket)
                begin(signal.SIGTERM)
            for byte in orders:
                number = signal.Signals(byte)
                if self._ordered:
                    tell(number)
                self._ordered = True
                begin(number)

        ends = (signal.SIGTERM, signal.SIGINT)
        for number in ends:
            loop.add_signal_handler(number, begin, number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        loop.add_reader(self._socket, read)

    def serves(self, *, metrics: str, announcement: str) -> None:
        """Say that this worker serves.

        Args:
            metrics: Host and port of its own Prometheus endpoint; empty for none.
            announcement: What `llmrpc serve` says of it on standard output.
        """
        line = json.dumps({"metrics": metrics, "announcement": announcement})
        self._socket.settimeout(None)
        # Where the supervisor has died, what is heard says so.
        with contextlib.suppress(OSError):
            self._socket.sendall(line.encode() + b"\n")
        self._socket.settimeout(0)
