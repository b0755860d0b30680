"""Servers for the client's tests."""

from collections.abc import Iterator

import pytest

import llmrpc
from client.scripted import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Run a server for one test."""
    server = ScriptedServer()
    yield server
    server.stop()


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[llmrpc.Client]:
    """Connect to it."""
    with llmrpc.Client(server.address) as client:
        yield client


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out."""
    monkeypatch.delenv("LLMRPC_ADDRESS", raising=False)
    monkeypatch.delenv("LLMRPC_TOKEN", raising=False)
