"""Commands whose standard streams are closed, full, or read by nobody."""

import os
import subprocess

import pytest

from client.scripted import ScriptedServer
from gateway import LLMRPC


def run(server: ScriptedServer, words: str, shell: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a shell that does something with its streams; its exit code is the command's."""
    return subprocess.run(
        ["bash", "-c", f'"{LLMRPC}" {words} {shell}; exit ${{PIPESTATUS[0]}}'],
        env={**os.environ, "LLMRPC_ADDRESS": server.address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


ASKING = pytest.mark.parametrize("words", ["complete Why?", "complete --stream Why?", "complete --json Why?", "models"])


@ASKING
@pytest.mark.parametrize("shell", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams(server: ScriptedServer, words: str, shell: str) -> None:
    """What nobody wants to read is not printed; the command does what it does."""
    done = run(server, words, shell)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@ASKING
def test_a_full_disk(server: ScriptedServer, words: str) -> None:
    """An answer that cannot be written is an error in one line."""
    done = run(server, words, ">/dev/full")

    assert (1, "The output cannot be written: No space left on device\n") == (done.returncode, done.stderr)


@ASKING
def test_a_reader_that_went(server: ScriptedServer, words: str) -> None:
    """A pipe that nobody reads ends the command without a word, as pipes do."""
    done = run(server, words, "| exec sleep 0")

    assert "" == done.stderr


@pytest.mark.parametrize("shell", ["</dev/null", "<&-"])
def test_nothing_to_ask(server: ScriptedServer, shell: str) -> None:
    """An input that is empty or closed is no prompt, and is told before anything is asked."""
    done = run(server, "complete", shell)

    assert (2, True) == (done.returncode, "say something, or pipe it in" in done.stderr)


def test_a_conversation_without_an_input(server: ScriptedServer) -> None:
    """A closed input is the end of the conversation."""
    done = run(server, "chat", "<&-")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
