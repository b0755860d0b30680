"""`llmrpc chat`, through a pipe, and all that streams at a real terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import grpc
import pytest
from typer.testing import CliRunner

from client.scripted import (
    ScriptedServer,
    answer,
    completed,
    endless,
    fail,
    numbered,
    part,
    reset,
    started,
    text,
)
from llmrpc.cli.app import app
from llmrpc.v1.completion_pb2 import INTERRUPTION_POLICY_RESTART, CompleteRequest


def said(request: CompleteRequest) -> list[str]:
    """List the texts of a conversation."""
    return [message.parts[0].text for message in request.messages]


def test_lines_of_a_pipe_are_turns(server: ScriptedServer) -> None:
    """Each line is asked after all that was said before; stdout has the answers alone."""
    done = CliRunner().invoke(app, ["chat", "-a", server.address], input="Why?\n\nReally?\n")

    assert (0, "The sky is blue.\nThe sky is blue.\n", "") == (done.exit_code, done.stdout, done.stderr)
    assert [
        ["Why?"],
        ["Why?", "The sky is blue.", "Really?"],
    ] == [said(request) for request in server.requests]


def test_commands(server: ScriptedServer) -> None:
    """/model changes who is asked, /reset forgets, and what is no command is not sent."""
    lines = "/model fast\nWhy?\n/reset\n/model\nReally?\n/help\n/what now\n"
    done = CliRunner().invoke(app, ["chat", "-a", server.address, "-s", "Be brief."], input=lines)

    assert [
        ("fast", ["Be brief.", "Why?"]),
        ("", ["Be brief.", "Really?"]),
    ] == [(request.model, said(request)) for request in server.requests]
    assert "No command /what." in done.stderr
    assert 2 == done.stderr.count("/model NAME  ask this route")


def test_an_error_ends_a_pipe(server: ScriptedServer) -> None:
    """Nobody is there to decide: the command ends with the error's code, and asks nothing more."""
    server.script = lambda _, context: fail(context, grpc.StatusCode.PERMISSION_DENIED, "no")
    done = CliRunner().invoke(app, ["chat", "-a", server.address], input="Why?\nReally?\n")

    assert (77, "Error: PERMISSION_DENIED: no\n") == (done.exit_code, done.stderr)
    assert 1 == len(server.requests)


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        # The process must be the leader of a session that owns the terminal, or Ctrl-C reaches nobody.
        code = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\nfrom llmrpc.cli import main; main()"
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(slave)
        self.seen = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def expect(self, words: str) -> str:
        """Wait until the words appear; return what came before them, and forget both."""
        give_up = time.monotonic() + 10
        while words not in self.seen:
            ready, _, _ = select.select([self._master], [], [], max(0, give_up - time.monotonic()))
            assert ready, f"{words!r} did not appear in {self.seen!r}"
            self.seen += os.read(self._master, 4096).decode()
        before, _, self.seen = self.seen.partition(words)
        return before

    def leave(self, key: str) -> int:
        """Press a key until the process ends, for readline overlooks one at the moment it shows its prompt."""
        for _ in range(20):
            self.type(key)
            try:
                return self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"{key!r} did not end the process")

    def close(self) -> None:
        """End what is left."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(server: ScriptedServer) -> Iterator[Terminal]:
    """Open a terminal with a chat in it."""
    terminal = Terminal("chat", "-a", server.address)
    terminal.expect("> ")
    yield terminal
    terminal.close()


def test_at_a_terminal_answers_stream(server: ScriptedServer, terminal: Terminal) -> None:
    """Pieces are shown, then what the answer took; Ctrl-D leaves."""
    terminal.type("Why?\n")
    terminal.expect("The sky is blue.\r\n")
    terminal.expect("openai/gpt-4o · 12 in, 80 out · 0.")
    terminal.expect("USD 0.00084")
    terminal.expect("> ")

    assert 0 == terminal.leave("\x04")
    assert INTERRUPTION_POLICY_RESTART == server.requests[0].stream.on_interruption


def test_ctrl_c_stops_the_answer_and_not_the_program(server: ScriptedServer, terminal: Terminal) -> None:
    """The call is cancelled, the turn forgotten, and the conversation goes on; at the prompt it leaves."""
    usual, server.script = server.script, endless
    terminal.type("Why?\n")
    terminal.expect("Bl")
    terminal.type("\x03")
    terminal.expect("Stopped")
    terminal.expect("> ")
    assert server.ended.wait(5)

    server.script = usual
    terminal.type("Really?\n")
    terminal.expect("The sky is blue.")
    terminal.expect("> ")
    assert [["Why?"], ["Really?"]] == [said(request) for request in server.requests]

    assert 0 == terminal.leave("\x03")


def test_at_a_terminal_an_error_is_no_end(server: ScriptedServer, terminal: Terminal) -> None:
    """The error is shown, the question can be asked again."""
    usual = server.script
    server.script = lambda _, context: fail(context, grpc.StatusCode.INTERNAL, "words")
    terminal.type("Why?\n")
    terminal.expect("Error: INTERNAL: words")
    terminal.expect("> ")

    server.script = usual
    terminal.type("Why?\n")
    terminal.expect("The sky is blue.")


def test_at_a_terminal_a_reset_is_told(server: ScriptedServer, terminal: Terminal) -> None:
    """The reader learns that what stands above is void."""
    server.script = lambda *_: iter(
        numbered([started(), part(0), text(0, "The sk"), reset(), part(0), text(0, "Blue."), completed("Blue.")])
    )
    terminal.type("Why?\n")
    terminal.expect("The sk")
    terminal.expect("(a provider broke off: the answer starts again)")
    terminal.expect("Blue.")


def test_an_answer_cannot_command_the_terminal(server: ScriptedServer, terminal: Terminal) -> None:
    """Control characters of an answer are left out where a terminal would obey them."""
    server.script = lambda *_: iter(answer("a\x1b]0;title\x07b\x9b2J\tc\n"))
    terminal.type("Why?\n")

    terminal.expect("a]0;titleb2J")


def test_ctrl_c_ends_a_single_answer(server: ScriptedServer) -> None:
    """`complete` has nothing to go on with: the process ends as the signal says, and the call with it."""
    server.script = endless
    terminal = Terminal("complete", "Why?", "-a", server.address)
    terminal.expect("Bl")
    terminal.type("\x03")

    assert -signal.SIGINT == terminal.process.wait(10)
    assert server.ended.wait(5)
    terminal.close()
