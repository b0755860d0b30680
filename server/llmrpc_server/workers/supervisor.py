"""Starts the workers, replaces those that die, and hands on what signals say."""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from llmrpc_server.hangup import follows_terminal, has_terminal, let_come
from llmrpc_server.workers.process import Process
from llmrpc_server.workers.worker import Worker

_HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_STANDARD_OUTPUT = 1
# For workers that serve already when another one cannot start.
_GIVEN_UP_SECONDS = 5.0
# Lines that are fetched one by one cost a call ten times as much.
_GATHERING_SECONDS = 0.01
_BY_SIGNAL = 128
_HANGS = 3


class Supervisor:
    """The process above the workers, and the first one in a container.

    Args:
        workers: How many.
        command: What starts one.
        write: Takes lines of the log.
        for_people: Whether people read the log as it comes.

    Attributes:
        workers: Those.
    """

    def __init__(
        self, workers: int, command: Sequence[str], write: Callable[[bytes], object], *, for_people: bool
    ) -> None:
        self.workers = [Worker(number, command, write) for number in range(workers)]
        self._write = write
        self._for_people = for_people
        self._in_terminal = follows_terminal()
        self._selector = selectors.DefaultSelector()
        self._announced = False
        self._ending = 0
        self._reload = set[Worker]()
        self._code = 0
        self._kill_at: float | None = None
        self._has_lost = False
        self._has_read = False

    def run(self) -> int:
        """Serve until a signal ends it and the last worker has ended; return the exit code."""
        self._catch_signals()
        while not self._ending or self._processes():
            for worker in self.workers:
                if worker.process is None and not self._ending and worker.starts_at <= time.monotonic():
                    self._start(worker)
            for key, _ in self._selector.select(self._patience()):
                key.data()
            if self._has_lost:
                self._reap()
            if self._has_read:
                self._has_read = False
                time.sleep(_GATHERING_SECONDS)
            if self._kill_at is not None and self._kill_at <= time.monotonic():
                self._kill()
        return self._code

    def _processes(self) -> list[Process]:
        return [worker.process for worker in self.workers if worker.process is not None]

    def _patience(self) -> float | None:
        """Return for how many seconds nothing can be to do but what is heard of."""
        due = [worker.starts_at for worker in self.workers if worker.process is None and not self._ending]
        due += [] if self._kill_at is None else [self._kill_at]
        return max(min(due) - time.monotonic(), 0) if due else None

    def _catch_signals(self) -> None:
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.settimeout(0)
        signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
        for number in _HEARD:
            signal.signal(number, _noted)
        let_come()
        self._selector.register(reading, selectors.EVENT_READ, lambda: self._signalled(reading.recv(4096)))

    def _signalled(self, numbers: bytes) -> None:
        for number in map(signal.Signals, numbers):
            hung_up = number == signal.SIGHUP and self._in_terminal and not has_terminal()
            if hung_up or number in {signal.SIGTERM, signal.SIGINT}:
                self._end(number)
            elif number == signal.SIGHUP:
                self._reload.update(self.workers)
                self._hand_on_reload()
            else:
                self._has_lost = True

    def _end(self, number: signal.Signals) -> None:
        self._ending += 1
        if self._ending == 1:
            self._log("info", "workers draining", signal=number.name)
        if self._ending >= _HANGS:
            self._kill()
        for process in self._processes():
            process.end(number)

    def _kill(self) -> None:
        self._kill_at = None
        for process in self._processes():
            process.send(signal.SIGKILL)

    def _start(self, worker: Worker) -> None:
        try:
            process = worker.start()
        except OSError as error:
            self._lost(worker, {"error": error.strerror}, os.EX_OSERR)
            return
        self._selector.register(process.line, selectors.EVENT_READ, lambda: self._hear(process))
        self._selector.register(process.output.descriptor, selectors.EVENT_READ, lambda: self._read(process))

    def _read(self, process: Process) -> None:
        self._has_read = True
        if not process.output.read():
            self._selector.unregister(process.output.descriptor)

    def _hear(self, process: Process) -> None:
        if not process.hear():
            self._selector.unregister(process.line)
        if process.serves:
            self._hand_on_reload()
            self._announce()

    def _hand_on_reload(self) -> None:
        """Tell those that serve; who does not yet may have read already what is to be read anew, and is told then."""
        for worker in [worker for worker in self._reload if worker.serves]:
            self._reload.discard(worker)
            if worker.process is not None:
                worker.process.send(signal.SIGHUP)

    def _announce(self) -> None:
        """Say once that all of them serve."""
        if self._announced or not all(worker.serves for worker in self.workers):
            return
        self._announced = True
        try:
            os.write(_STANDARD_OUTPUT, self._processes()[0].announcement.encode() + b"\n")
        except OSError as error:
            self._log("warning", "nobody hears what is served", error=error.strerror)

    def _reap(self) -> None:
        """Bury who has ended: a worker, or a stranger whose parent has, where this is a container's first process."""
        self._has_lost = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for worker in self.workers:
                if worker.process is not None and worker.process.pid == pid:
                    self._bury(worker, worker.process, status)

    def _bury(self, worker: Worker, process: Process, status: int) -> None:
        for end in (process.line, process.output.descriptor):
            if end in self._selector.get_map():
                self._selector.unregister(end)
        process.output.read_all()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            how: dict[str, object] = {"signal": signal.Signals(number).name}
            code = _BY_SIGNAL + number
        else:
            code = os.waitstatus_to_exitcode(status)
            how = {"exit_code": code}
        if not worker.restarts and not process.serves and not self._ending:
            process.output.tell_held()
        process.close()
        self._lost(worker, {"pid": process.pid, **how}, code)

    def _lost(self, worker: Worker, how: dict[str, object], code: int) -> None:
        """See to a place that is empty."""
        never_served = not worker.restarts and not worker.serves
        self._reload.discard(worker)
        pause = worker.empty()
        if self._ending:
            self._code = self._code or code
        elif never_served:
            if "exit_code" not in how:  # else it has said itself why
                self._log("error", "worker ended before it served", worker=worker.number, **how)
            self._give_up(code)
        else:
            self._log("error", "worker ended", worker=worker.number, **how, pause_seconds=pause)

    def _give_up(self, code: int) -> None:
        """End all: what one cannot start with, the others cannot either, or not for long."""
        self._code = code or os.EX_SOFTWARE
        self._kill_at = time.monotonic() + _GIVEN_UP_SECONDS
        for _ in range(2):
            self._ending += 1
            for process in self._processes():
                process.end(signal.SIGTERM)

    def _log(self, level: str, event: str, **more: object) -> None:
        when = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if self._for_people:
            words = " ".join(f"{key}={value}" for key, value in more.items())
            self._write(f"supervisor: {when} [{level}] {event} {words}\n".encode())
        else:
            line = json.dumps({"event": event, **more, "level": level, "timestamp": when}, separators=(",", ":"))
            self._write(line.encode() + b"\n")


def _noted(_number: int, _frame: object) -> None:
    """Do nothing: the wake-up descriptor tells it."""
