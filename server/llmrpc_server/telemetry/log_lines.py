"""Where log lines go: written without waiting for who reads them, and without an error when nobody does."""

import atexit
import os
import select
from collections import deque

# A pipe that has room at all takes so much at once (PIPE_BUF of Linux): writing it never waits.
_PIECE_BYTES = 4096
_MOST_KEPT_BYTES = 1024 * 1024
_WAIT_AT_EXIT_MS = 1000
_STANDARD_ERROR = 2


class Lines:
    """A file of lines, over a file descriptor that anything may be behind: a pipe whose reader hangs, a full disk.

    What cannot be written now is kept, a mebibyte at most, and goes before the next line. Lost lines are counted,
    and their number is told where the log goes on.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._lost = 0
        atexit.register(self._write_kept, _WAIT_AT_EXIT_MS)

    def write(self, line: bytes) -> int:
        """Write a line, or keep it."""
        if self._kept_bytes + len(line) > _MOST_KEPT_BYTES:
            self._write_kept()
        if self._kept_bytes + len(line) > _MOST_KEPT_BYTES:
            self._lost += 1
        else:
            self._keep(line)
        self._write_kept()
        return len(line)

    def flush(self) -> None:
        """Do nothing: a line is written at once where it can be."""

    def _keep(self, line: bytes) -> None:
        self._kept.append(line)
        self._kept_bytes += len(line)

    def _write_kept(self, wait_ms: int = 0) -> None:
        while self._kept and self._room.poll(wait_ms):
            line = self._kept.popleft()
            self._kept_bytes -= len(line)
            try:
                written = os.write(self._descriptor, line[:_PIECE_BYTES])
            except OSError:
                self._lost += 1
                return
            if written < len(line):
                self._kept.appendleft(line[written:])
                self._kept_bytes += len(line) - written
            elif self._lost:
                self._keep(b'{"event":"log lines lost","lines":%d,"level":"warning"}\n' % self._lost)
                self._lost = 0


def standard_error() -> Lines:
    """Return the lines of standard error, which is nowhere for a process that was started without one.

    Its number must not become that of another file: gRPC writes there by itself.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the model's process needs them as well
    os.close(descriptor)
    return Lines(_STANDARD_ERROR)
