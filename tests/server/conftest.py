"""What several tests of the server's inner rooms share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmrpc_server import providers
from llmrpc_server.config.loading import Loaded, load
from server.flights import Source

LoadText = Callable[[str | bytes], Loaded]


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadText:
    """Return a function that loads a text as the file llmrpc.yaml of an empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_KEY", "sk-marker-1")

    def load_text(text: str | bytes) -> Loaded:
        file = Path("llmrpc.yaml")
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(file, providers.KINDS, lambda kind: providers.load(kind).settings)

    return load_text


@pytest.fixture
def source() -> Source:
    """Make a run that waits for the test."""
    return Source()
