"""Several workers are refused where one would be, in the same words, and where they cannot keep what is promised."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fault_provider import ThreadedFaultProvider
from gateway import LLMRPC, GatewayProcess, serving
from llmrpc.cli.app import app
from memcached import Memcached
from workers.command import ENVIRONMENT, two_workers, write_config


@pytest.fixture
def folder(faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path) -> Path:
    """Return a folder with a good configuration."""
    write_config(tmp_path, faults, memcached)
    return tmp_path


def _refused(folder: Path, *arguments: str, **more: str) -> list[tuple[int, str, str]]:
    """Start one process, and two workers, at the same time; return how both end: the code, all output, the last word.

    Before it, gRPC says to standard error itself what it thinks.
    """
    environment = {**os.environ, **ENVIRONMENT, "LLMRPC_LEDGER_URL": f"sqlite:///{folder}/refused.db", **more}
    running = [
        subprocess.Popen(
            [LLMRPC, "serve", "--listen", "127.0.0.1:0", "--metrics", "off", *arguments],
            cwd=folder,
            env={**environment, "LLMRPC_WORKERS": workers},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for workers in ("1", "2")
    ]
    told = [process.communicate(timeout=60) for process in running]
    return [
        (process.returncode, out, errors.splitlines()[-1]) for process, (out, errors) in zip(running, told, strict=True)
    ]


@pytest.fixture(params=["one process", "two workers"])
def taken(request: pytest.FixtureRequest, folder: Path) -> Iterator[GatewayProcess]:
    """Run a server that has a port."""
    if request.param == "two workers":
        with two_workers(folder) as server:
            yield server
    else:
        with serving(cwd=folder, env=ENVIRONMENT) as server:
            yield server


def test_a_port_that_is_taken(taken: GatewayProcess, folder: Path) -> None:
    """No server shares another one's port, whichever of them has workers."""
    address = taken.address
    told = f"cannot listen on {address}: Address already in use: is another server there?"

    assert [(69, "", told)] * 2 == _refused(folder, "--listen", address)


def test_a_port_for_metrics_that_is_taken(folder: Path) -> None:
    """The supervisor's Prometheus endpoint is refused as one process's is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = f"cannot serve metrics on {address}: Address already in use"

        assert [(69, "", told)] * 2 == _refused(folder, "--metrics", address)


def test_a_ledger_that_cannot_be_used(folder: Path) -> None:
    """What a worker finds at its start is told once, as one process tells it."""
    told = "ledger.url: cannot open sqlite+aiosqlite:////no-such/llmrpc.db: unable to open database file"

    assert [(69, "", told)] * 2 == _refused(folder, LLMRPC_LEDGER_URL="sqlite:////no-such/llmrpc.db")


def test_without_memcached(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several workers need what they share what callers are promised over."""
    monkeypatch.chdir(folder)
    file = folder / "llmrpc.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "memcached" not in line), encoding="utf-8")
    done = CliRunner().invoke(app, ["serve", "--listen", "127.0.0.1:0"], env={**ENVIRONMENT, "LLMRPC_WORKERS": "2"})

    assert (78, "") == (done.exit_code, done.stdout)
    assert done.stderr.startswith("llmrpc.yaml: cache.memcached: must be set for --workers 2: ")
    assert "`cache: {memcached: [127.0.0.1:11211]}`, or serve with --workers 1" in done.stderr
