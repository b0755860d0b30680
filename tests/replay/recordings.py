"""The recorded exchanges in ../shared/wire; absent from a plain checkout."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from toolchains import ROOT

WIRE = ROOT.parent / "shared" / "wire"

# The kind of provider that speaks each API.
KINDS = {"chat": "openai", "responses": "openai_responses", "messages": "anthropic", "chat_v2": "cohere"}


@dataclass(frozen=True)
class Recording:
    """A provider's answer to one request.

    Attributes:
        name: Its file, without the ending.
        vendor: Who answered.
        api: The wire format.
        streamed: Whether a stream was asked for.
        fidelity: How it was recorded, or that it was made up.
        tags: What is remarkable about it.
        status: HTTP.
    """

    name: str
    vendor: str
    api: str
    streamed: bool
    fidelity: str
    tags: tuple[str, ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The kind of provider that it takes."""
        return KINDS[self.api]


@functools.cache
def recordings() -> tuple[Recording, ...]:
    """Load all of them, by name."""
    return tuple(_load(path) for path in sorted(WIRE.glob("*/*.json")))


def each(which: Callable[[Recording], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Run a test for each of them; skip it, with a line, where they are absent."""
    found = [recording for recording in recordings() if which(recording)]
    absent = pytest.mark.skip(reason="no recordings: ../shared/wire is absent")
    return pytest.mark.parametrize(
        "recording", found or [pytest.param(None, marks=absent)], ids=[one.name for one in found] or ["absent"]
    )


def _load(path: Path) -> Recording:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    response = recorded["response"]
    return Recording(
        name=str(path.relative_to(WIRE).with_suffix("")),
        vendor=recorded["provider"],
        api=recorded["api"],
        streamed=recorded["kind"] == "stream",
        fidelity=recorded["fidelity"],
        tags=tuple(recorded["tags"]),
        status=response["status"],
        headers=tuple(response["headers"].items()),
        body=response["body"].encode(),
    )
