"""`llmrpc chat`: a conversation."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc._requests import RequestOptions
from llmrpc.cli import interrupt, options, terminal
from llmrpc.client import Client
from llmrpc.completion import Completion
from llmrpc.errors import Cancelled, LlmrpcError
from llmrpc.v1.message_pb2 import ROLE_USER, ContentPart, Message

HELP: Final = """\
/model NAME  ask this route or "provider/model" from now on; without NAME the default
/reset       forget the conversation
/help        show this
Ctrl-C       stop the answer; at the prompt: leave
Ctrl-D       leave"""


def chat(
    *,
    model: options.Model = "",
    system: options.System = "",
    temperature: options.Temperature = None,
    max_output_tokens: options.MaxOutputTokens = None,
    timeout: options.Timeout = None,
    label: options.Labels = None,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """Hold a conversation. Type /help for the commands in it."""
    call: RequestOptions = {
        "model": model,
        "system": system,
        "temperature": temperature,
        "max_output_tokens": max_output_tokens,
        "labels": options.parse_labels(label),
    }
    watched = sys.stdin.isatty() and sys.stdout.isatty()
    with options.connected(address, token, tls, ca_file, insecure) as client:
        conversation = Conversation(client, call, timeout, watched)
        if watched:
            terminal.note(f"Talking to {address}. /help shows the commands, Ctrl-D leaves.", dim=True)
        for line in _lines(watched):
            conversation.take(line)


@dataclass
class Conversation:
    """What was said so far, and how the next answer is asked for."""

    client: Client
    call: RequestOptions
    timeout: float | None
    watched: bool
    """Somebody sits at a terminal: show pieces, and go on after an error."""
    messages: list[Message] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Carry out a command, or answer."""
        match line.split():
            case []:
                pass
            case ["/help"]:
                terminal.note(HELP)
            case ["/reset"]:
                self.messages.clear()
                terminal.note("Forgotten.", dim=True)
            case ["/model"]:
                self.call["model"] = ""
                terminal.note("Asking the default route.", dim=True)
            case ["/model", name]:
                self.call["model"] = name
                terminal.note(f"Asking {name}.", dim=True)
            case [command, *_] if command.startswith("/"):
                terminal.note(f"No command {command}.\n{HELP}")
            case _:
                self._turn(line)

    def _turn(self, line: str) -> None:
        """Ask and remember; a question without an answer is forgotten, so that it can be asked again."""
        question = Message(role=ROLE_USER, parts=[ContentPart(text=line)])
        begin = time.monotonic()
        try:
            completion = self._answer([*self.messages, question])
        except LlmrpcError as error:
            if not self.watched:
                raise
            if isinstance(error, Cancelled):
                terminal.note("\nStopped; this turn is forgotten.", dim=True)
            else:
                terminal.show_error(error, self.client.address)
        else:
            self.messages += [question, completion.message]
            terminal.show_footer(completion, time.monotonic() - begin)

    def _answer(self, messages: list[Message]) -> Completion:
        """Show the answer, in pieces where somebody watches."""
        if self.watched:
            stream = self.client.stream(messages, timeout=self.timeout, **self.call)
            with stream, interrupt.cancels(stream):
                return terminal.show_stream(stream)
        completion = self.client.complete(messages, timeout=self.timeout, **self.call)
        terminal.show_answer(completion)
        return completion


def _lines(watched: bool) -> Iterator[str]:
    """Read lines to the end of the input; at a terminal with history, and Ctrl-C ends them too."""
    if watched:
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - importing it gives `input` its history and editing.
    while True:
        try:
            with interrupt.raises():
                line = input("> " if watched else "")
        except (EOFError, KeyboardInterrupt):
            interrupt.changes_nothing()
            break
        yield line
    if watched:
        terminal.note("")
