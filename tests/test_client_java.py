"""The Java client: its own tests, against a real server."""

from __future__ import annotations

import subprocess
from typing import Protocol

import pytest

import toolchains

# Cold, it downloads and compiles everything.
pytestmark = pytest.mark.timeout(300)

PROJECT = toolchains.ROOT / "clients" / "java"


class Served(Protocol):
    """A running server."""

    @property
    def address(self) -> str:
        """Its host and port."""


def _mvn(*arguments: str, address: str) -> str:
    mvn = toolchains.require("mvn")
    done = subprocess.run(
        [mvn, "--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", *arguments],
        check=False,
        cwd=PROJECT,
        env=toolchains.environment(LLMRPC_ADDRESS=address),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_java_client_calls_the_server(served: Served) -> None:
    """Through the Java client both RPCs answer and an error carries its details; none of its tests is skipped."""
    output = _mvn("test", address=served.address)
    assert "Running io.github.llmrpc.SmokeTest" in output
    assert "Skipped: 0" in output.rpartition("Results:")[2]


def test_java_example_streams_an_answer(served: Served) -> None:
    """The example that the README shows prints an answer and the books of its call."""
    arguments = f"-Dexec.args={served.address} 'Why is the sky blue?'"
    output = _mvn("--quiet", "compile", "exec:java", arguments, address=served.address)
    answer, books = output.rsplit(", call ", 1)[0].rsplit("\n", 1)
    assert answer.strip()
    assert " tokens in, " in books
