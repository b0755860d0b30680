"""A real PostgreSQL server of the tests' own: Debian's programs, a folder of its own, a free port, gone at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import toolchains

_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"


def _programs() -> Path:
    """Return the folder of initdb and pg_ctl, which Debian keeps out of PATH."""
    newest = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return newest[-1].parent if newest else Path(toolchains.require("initdb")).parent


class PostgresServer:
    """Runs from the block's begin to its end. It refuses to run as root: then it runs as the user "postgres"."""

    def __init__(self) -> None:
        self._programs = _programs()
        # pytest's own folders are closed to other users.
        self._folder = Path(tempfile.mkdtemp(prefix="llmrpc-postgres-"))
        self._as_user = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
        self._names = count(1)
        self.port = _free_port()

    def __enter__(self) -> Self:
        if self._as_user:
            shutil.chown(self._folder, _USER)
        self._run("initdb", "-A", "trust", "-U", "llmrpc", "--no-sync", "--locale=C.UTF-8", "-D", self._data)
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c fsync=off"
        log = str(self._folder / "server.log")
        self._run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Stop it at once, breaking every connection, as a crash does."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"test{next(self._names)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "llmrpc", name)
        return f"postgresql://llmrpc@127.0.0.1:{self.port}/{name}"

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        # Its output goes to a file: pg_ctl's server would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, check=False, stdout=output, stderr=output, cwd="/", timeout=90)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
