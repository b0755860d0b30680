"""The Prometheus endpoint of all workers: each is asked at its own, and what they say is merged."""

import contextlib
import functools
import http
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

from typing_extensions import override

from llmrpc_server.workers.merging import family, merge
from llmrpc_server.workers.worker import Worker

# Of one that hangs, and of a client that says nothing.
_SECONDS = 2.0
_PATH = "/metrics"


class Endpoint:
    """Listens from when it is made, and answers in threads.

    Args:
        listen: Host and port.
        workers: Whose series it shows.

    Raises:
        OSError: It cannot listen there.
    """

    def __init__(self, listen: str, workers: Sequence[Worker]) -> None:
        self._server = _Server(listen, functools.partial(_Page, workers))

    def start(self) -> None:
        """Answer from now on, until the process ends."""
        Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, listen: str, page_of: Callable[..., BaseHTTPRequestHandler]) -> None:
        host, _, port = listen.rpartition(":")
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, *_, place = found[0]
        super().__init__((str(place[0]), int(port)), page_of)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take a client that has left for what it is."""


class _Page(BaseHTTPRequestHandler):
    timeout = _SECONDS

    def __init__(self, workers: Sequence[Worker], *connection: Any) -> None:
        self._workers = workers
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answer with the page."""
        body = page(self._workers).encode()
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: it is asked several times a minute."""


def page(workers: Sequence[Worker]) -> str:
    """Ask all workers, and return what they say and who said nothing in time."""
    processes = {worker.number: worker.process for worker in workers}
    said = _ask({number: process.metrics for number, process in processes.items() if process and process.metrics})
    up = [(worker.number, worker.number in said) for worker in workers]
    restarts = [(worker.number, max(worker.restarts, 0)) for worker in workers]
    return (
        family("llmrpc_worker_up", "gauge", "Whether a worker said what it counts, when it was asked just now.", up)
        + family("llmrpc_worker_restarts_total", "counter", "Processes that took a dead worker's place.", restarts)
        + merge(said)
    )


def _ask(addresses: Mapping[int, str]) -> dict[int, str]:
    """Ask all of them at the same time; return the pages of those that answered in time, by number."""
    if not addresses:
        return {}
    with ThreadPoolExecutor(len(addresses)) as threads:
        pages = zip(addresses, threads.map(_said, addresses.values()), strict=True)
        return {number: text for number, text in pages if text is not None}


def _said(address: str) -> str | None:
    connection = HTTPConnection(address, timeout=_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
        connection.request("GET", _PATH)
        answer = connection.getresponse()
        text = answer.read().decode()
        return text if answer.status == http.HTTPStatus.OK else None
    return None
