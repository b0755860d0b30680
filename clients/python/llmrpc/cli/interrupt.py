"""What Ctrl-C does.

A KeyboardInterrupt that is raised inside grpc can leave one of its locks taken for ever, and the channel is dead. So
none is raised there: Ctrl-C either ends the process at once, which the server sees, or cancels the call.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llmrpc.client import CompletionStream

Handler = signal.Handlers | Callable[[int, Any], None]


@contextmanager
def ends_the_process() -> Iterator[None]:
    """Let Ctrl-C end the process; a shell sees 130."""
    with _handled_by(signal.SIG_DFL):
        yield


@contextmanager
def raises() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt. Not for code that uses grpc."""
    with _handled_by(signal.default_int_handler):
        yield


@contextmanager
def cancels(stream: CompletionStream) -> Iterator[None]:
    """Let Ctrl-C cancel the call, so that reading it raises Cancelled; the second one ends the process."""

    def cancel(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        stream.close()

    with _handled_by(cancel):
        yield


def changes_nothing() -> None:
    """Let Ctrl-C do nothing from now on: the program is leaving, and one key pressed twice is no failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    """Install a handler for a while."""
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
