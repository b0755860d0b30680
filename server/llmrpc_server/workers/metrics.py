"""The Prometheus endpoint of all workers: each is asked at its own, and what they say is merged.

In threads of its own, a thread a question. HTTP is written out here: the library's server takes as much memory as all
else of the supervisor.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Mapping, Sequence

from llmrpc_server.workers.merging import family, merge
from llmrpc_server.workers.worker import Worker

_WORKER_SECONDS = 2.0
_CLIENT_SECONDS = 5.0
_MOST_REQUEST_BYTES = 16 * 1024
_MOST_AT_ONCE = 64 * 1024
_REQUEST = b"GET /metrics HTTP/1.0\r\nAccept: text/plain\r\n\r\n"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Endpoint:
    """Listens from when it is made.

    Args:
        listen: Host and port.
        workers: Whose series it shows.

    Raises:
        OSError: It cannot listen there.
    """

    def __init__(self, listen: str, workers: Sequence[Worker]) -> None:
        host, _, port = listen.rpartition(":")
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        version, kind, _, _, place = found[0]
        self._listener = socket.socket(version, kind)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(place)
        self._listener.listen()
        self._workers = workers

    def start(self) -> None:
        """Answer from now on, until the process ends."""
        threading.Thread(target=self._listen, name="metrics", daemon=True).start()

    def _listen(self) -> None:
        while True:
            # A client that has left already, or no room for one more.
            with contextlib.suppress(OSError, RuntimeError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_CLIENT_SECONDS)
            asked = b""
            while b"\r\n\r\n" not in asked and len(asked) < _MOST_REQUEST_BYTES:
                piece = client.recv(_MOST_AT_ONCE)
                if not piece:
                    return
                asked += piece
            status, body = "405 Method Not Allowed", b""
            if asked.startswith((b"GET ", b"HEAD ")):
                status, body = "200 OK", page(self._workers).encode()
            fields = (f"Content-Type: {_TYPE}", f"Content-Length: {len(body)}", "Connection: close")
            head = "\r\n".join((f"HTTP/1.1 {status}", *fields, "", ""))
            client.sendall(head.encode() + (b"" if asked.startswith(b"HEAD ") else body))
            # Closed with something unread, the answer could be lost.
            client.shutdown(socket.SHUT_WR)
            while client.recv(_MOST_AT_ONCE):
                pass


def page(workers: Sequence[Worker]) -> str:
    """Ask all workers, and return what they say and who said nothing in time."""
    processes = {worker.number: worker.process for worker in workers}
    places = {number: process.metrics for number, process in processes.items() if process and process.metrics}
    said = _ask(places, _WORKER_SECONDS)
    up = [(worker.number, worker.number in said) for worker in workers]
    restarts = [(worker.number, max(worker.restarts, 0)) for worker in workers]
    return (
        family("llmrpc_worker_up", "gauge", "Whether a worker said what it counts, when it was asked just now.", up)
        + family("llmrpc_worker_restarts_total", "counter", "Processes that took a dead worker's place.", restarts)
        + merge(said)
    )


class _Question:
    """A question to one worker, under way."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        self.socket.settimeout(0)
        self.socket.connect_ex((host, int(port)))
        self.answer = b""

    def go_on(self, *, writable: bool) -> bool:
        """Ask, or read; tell whether there is more to come."""
        if writable:
            self.socket.send(_REQUEST)
            return True
        piece = self.socket.recv(_MOST_AT_ONCE)
        self.answer += piece
        return bool(piece)


def _ask(addresses: Mapping[int, str], seconds: float) -> dict[int, str]:
    """Ask all of them at the same time; return the pages of those that answered in time, by number."""
    ends = time.monotonic() + seconds
    answers: dict[int, str] = {}
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for number, address in addresses.items():
            question = _Question(address)
            stack.enter_context(question.socket)
            selector.register(question.socket, selectors.EVENT_WRITE, (number, question))
        while selector.get_map() and (left := ends - time.monotonic()) > 0:
            for key, events in selector.select(left):
                number, question = key.data
                try:
                    more = question.go_on(writable=bool(events & selectors.EVENT_WRITE))
                except OSError:
                    selector.unregister(key.fileobj)
                    continue
                if more:
                    selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                    continue
                selector.unregister(key.fileobj)
                if (body := _body(question.answer)) is not None:
                    answers[number] = body
    return dict(sorted(answers.items()))


def _body(answer: bytes) -> str | None:
    """Return the page of an answer; None where it is no whole one, as of a worker that died amid it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.lower().split(b"\r\n")
    whole = b" 200 " in status and b"content-length: %d" % len(body) in headers
    return body.decode() if whole else None
