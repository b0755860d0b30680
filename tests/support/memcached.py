"""Real memcached servers for tests, on free ports; each can be killed, paused and started again."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from pymemcache import Client

import toolchains


class Memcached:
    """One memcached server on 127.0.0.1.

    Args:
        folder: Where it may write the number of its port.
        megabytes: How much it keeps.
    """

    def __init__(self, folder: Path, *, megabytes: int = 64) -> None:
        self._command = [toolchains.require("memcached"), "-l", "127.0.0.1", "-U", "0", "-t", "1", "-u", "root"]
        self._command += ["-m", str(megabytes)]
        self._port_file = folder / "port"
        self._port = -1
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Run it, on the port that it had before; return once it answers."""
        environment = toolchains.environment(MEMCACHED_PORT_FILENAME=str(self._port_file))
        self._process = subprocess.Popen([*self._command, "-p", str(self._port)], env=environment)
        ends = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < ends, "memcached does not answer"
            assert self._process.poll() is None, "memcached ended"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once; what it kept is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it hang: it keeps its connections, takes new ones and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """Ask it directly."""
        client = Client(("127.0.0.1", self._port), connect_timeout=5, timeout=5, default_noreply=False)
        try:
            yield client
        finally:
            client.close()

    def stat(self, name: str) -> int:
        """Return one of its counters."""
        with self.client() as client:
            return int(client.stats()[name.encode()])

    def _answers(self) -> bool:
        if self._port < 0:
            told = self._port_file.read_text(encoding="utf-8") if self._port_file.exists() else ""
            if not told.endswith("\n"):
                return False
            self._port = int(told.split()[-1])
        try:
            with self.client() as client:
                return bool(client.version())
        except OSError:
            return False


@contextlib.contextmanager
def started(folder: Path, *, megabytes: int = 64) -> Iterator[Memcached]:
    """Run a memcached server until the block is left."""
    server = Memcached(folder, megabytes=megabytes)
    server.start()
    try:
        yield server
    finally:
        server.kill()
