"""The Go client: its own tests, against a real server."""

from __future__ import annotations

import subprocess
from typing import Protocol

import pytest

import toolchains

# Cold, it downloads and compiles everything.
pytestmark = pytest.mark.timeout(300)

MODULE = toolchains.ROOT / "clients" / "go"


class Served(Protocol):
    """A running server."""

    @property
    def address(self) -> str:
        """Its host and port."""


def _go(*arguments: str, address: str = "") -> str:
    go = toolchains.require("go")
    done = subprocess.run(
        [go, *arguments],
        check=False,
        cwd=MODULE,
        env=toolchains.environment(LLMRPC_ADDRESS=address),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_go_client_compiles_and_is_vetted() -> None:
    """The generated and the hand-written Go code and the example compile, and go vet finds nothing."""
    _go("build", "./...")
    _go("vet", "./...")


def test_go_client_calls_the_server(served: Served) -> None:
    """Through the Go client both RPCs answer and an error carries its details; none of its tests is skipped."""
    output = _go("test", "-count=1", "-v", "./...", address=served.address)
    assert "--- PASS: TestServedStreamComplete" in output
    assert "--- SKIP" not in output


def test_go_example_streams_an_answer(served: Served) -> None:
    """The example that the README shows prints an answer and the books of its call."""
    output = _go("run", "./example", "-address", served.address, "Why is the sky blue?")
    answer, books = output.rsplit(", call ", 1)[0].rsplit("\n", 1)
    assert answer.strip()
    assert " tokens in, " in books
