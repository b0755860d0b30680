"""`llmrpc serve` follows its file: a good one is gone over to, a bad one is refused and told, a hangup is no reload."""

import asyncio
import contextlib
import json
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, free_port, loaded, serving
from llmrpc.v1 import model_pb2, model_pb2_grpc
from llmrpc_server import reloading
from llmrpc_server.commands.start import usable
from llmrpc_server.config import source as room
from llmrpc_server.config.loading import BadConfig, Loaded
from llmrpc_server.config.source import Source
from llmrpc_server.reloading import follow

CONFIG = """\
providers:
  openai: {kind: openai, api_key: '${TEST_KEY}', base_url: %s/v1}
routes:
  default: [openai/gpt-4o]
"""
MORE = "  fast: [openai/gpt-4o-mini]\n"


class Served:
    """A running server, its file and its log."""

    def __init__(self, folder: Path, process: Any, metrics: int) -> None:
        self.file, self._log, self._metrics = folder / "llmrpc.yaml", folder / "log", metrics
        self.send, self._channel = process.send, grpc.insecure_channel(process.address)
        self._models = model_pb2_grpc.ModelServiceStub(self._channel)

    def write(self, text: str) -> None:
        """Replace the file, as an editor does."""
        other = self.file.with_suffix(".new")
        other.write_text(text, encoding="utf-8")
        other.replace(self.file)

    def routes(self) -> set[str]:
        """Return the names of its routes."""
        listed = self._models.ListModels(model_pb2.ListModelsRequest(), timeout=20)
        return {model.name for model in listed.models if "/" not in model.name}

    def told(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of its log about an event."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [line for line in map(json.loads, lines) if line["event"].startswith(event)]

    def successful(self) -> float:
        """Return what Prometheus hears of the last reload."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics", timeout=20) as page:
            found = re.search(r"^llmrpc_config_last_reload_successful (\S+)$", page.read().decode(), re.MULTILINE)
        assert found is not None
        return float(found[1])

    def close(self) -> None:
        """Let go of the connection."""
        self._channel.close()


@pytest.fixture
def server(tmp_path: Path, faults: ThreadedFaultProvider) -> Iterator[Served]:
    """Run the command in a folder with a configuration."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG % faults.base_url, encoding="utf-8")
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        arguments = ("--metrics", f"127.0.0.1:{port}")
        with serving(*arguments, cwd=tmp_path, env={"TEST_KEY": "sk-test-1"}, log=log) as process:
            served = Served(tmp_path, process, port)
            with contextlib.closing(served):
                yield served


def until(condition: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_follows_its_file(server: Served, faults: ThreadedFaultProvider) -> None:
    """A file that is replaced is gone over to; one with a mistake is refused with its line, and told to Prometheus."""
    good = CONFIG % faults.base_url
    assert ({"default"}, 1.0) == (server.routes(), server.successful())
    server.write(good + MORE)
    until(lambda: server.routes() == {"default", "fast"})

    server.write(good + MORE + "  slow: [opneai/gpt-4o]\n")
    until(lambda: bool(server.told("the configuration is refused")))
    [refused] = server.told("the configuration is refused")
    assert re.match(r"llmrpc\.yaml:6: routes\.slow.*opneai", refused["problems"][0])
    assert ({"default", "fast"}, 0.0) == (server.routes(), server.successful())

    server.file.unlink()
    server.write(good)
    until(lambda: server.routes() == {"default"})
    assert 1.0 == server.successful()


async def test_half_a_file_is_not_read(
    gateway: Gateway, faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it looks another way at each look, somebody writes it; it is read when it has been still for one."""
    looks: list[int] = []
    read_at: list[int] = []

    def look(_: Path) -> tuple[int, int, int] | None:
        """See a file that is not there, then grows, and is whole at the fifth look."""
        looks.append(len(looks))
        return None if len(looks) == 2 else (min(len(looks), 5), 0, 0)

    def read() -> Loaded:
        """Note when it is read."""
        read_at.append(len(looks))
        return loaded({**faulty(faults), "ledger": {"url": gateway.app._generation.loaded.config.ledger.url}})

    monkeypatch.setattr(reloading, "SECONDS_BETWEEN_LOOKS", 0.001)
    monkeypatch.setattr(room, "state_of", look)
    following = asyncio.create_task(follow(gateway.app, Source(tmp_path, read), asyncio.Event()))
    async with asyncio.timeout(20):
        while len(looks) < 20:
            await asyncio.sleep(0.001)
    following.cancel()

    # Of these looks the last is the reader's own.
    assert [7] == read_at


def test_who_may_read_it(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A file that could not be read is read when it may be, though nothing else of it has changed."""
    file = tmp_path / "llmrpc.yaml"
    file.touch(0o000)
    source = Source(file, lambda: loaded(faulty(faults)))
    source.take()
    assert not source.is_another()
    file.chmod(0o600)

    assert [False, True] == [source.is_another() for _ in range(2)]


def test_what_changes_while_it_is_read(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A file that is replaced while a server starts, or goes over to it, is read again."""
    file = tmp_path / "llmrpc.yaml"
    file.write_text("first", encoding="utf-8")

    def read() -> Loaded:
        """Be overtaken by whoever writes the file."""
        file.write_text("the second", encoding="utf-8")
        return loaded(faulty(faults))

    source = Source(file, read)
    assert not source.is_another()
    source.take()

    assert [False, True] == [source.is_another() for _ in range(2)]


def test_a_signal_asks_for_it(server: Served) -> None:
    """SIGHUP reads the file though it looks as it did; where it is gone the server goes on."""
    server.send(signal.SIGHUP)
    until(lambda: len(server.told("the configuration was reloaded")) == 1)
    server.file.unlink()
    server.send(signal.SIGHUP)
    until(lambda: bool(server.told("the configuration is refused")))

    assert ["llmrpc.yaml: cannot be read: No such file or directory"] == server.told("the configuration is refused")[0][
        "problems"
    ]
    assert {"default"} == server.routes()


def test_the_door_stays_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that others reach goes over to nothing that would let everybody in, no more than it starts with that."""
    monkeypatch.setenv("TEST_KEY", "sk-test-1")
    file = tmp_path / "llmrpc.yaml"
    file.write_text(CONFIG % "http://127.0.0.1:1", encoding="utf-8")

    with pytest.raises(BadConfig, match=r"llmrpc\.yaml: auth: is missing: everybody who reaches 0\.0\.0\.0:1 could"):
        usable(file, "0.0.0.0:1", insecure=False, workers=1)
    assert "default" in usable(file, "0.0.0.0:1", insecure=True, workers=1).config.routes
    assert "default" in usable(file, "127.0.0.1:1", insecure=False, workers=1).config.routes
