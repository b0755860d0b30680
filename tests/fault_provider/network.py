"""Addresses at which no provider is: what goes wrong before a request can be sent."""

import contextlib
import socket
import threading
from collections.abc import Iterator

_HOST = "127.0.0.1"
# More connections than the smallest backlog takes, whatever the kernel adds to it.
_MOST_WAITING = 16


@contextlib.contextmanager
def refused() -> Iterator[str]:
    """Hand out an address whose port refuses connections."""
    # It is bound, so that nobody else gets it, and does not listen.
    with socket.socket() as bound:
        bound.bind((_HOST, 0))
        yield f"http://{_HOST}:{bound.getsockname()[1]}"


@contextlib.contextmanager
def unresolvable() -> Iterator[str]:
    """Hand out an address whose name no resolver knows (RFC 2606)."""
    yield "http://provider.invalid"


@contextlib.contextmanager
def tls_failure() -> Iterator[str]:
    """Hand out an address that promises TLS, and answers its first words with something else."""
    with socket.create_server((_HOST, 0)) as listener:
        thread = threading.Thread(target=_answer_plainly, args=(listener,), daemon=True)
        thread.start()
        yield f"https://{_HOST}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """Hand out an address at which connecting neither succeeds nor fails."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind((_HOST, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(_MOST_WAITING):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(address)
        yield f"http://{_HOST}:{address[1]}"


def _answer_plainly(listener: socket.socket) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        with accepted, contextlib.suppress(OSError):
            accepted.recv(65536)
            accepted.sendall(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
