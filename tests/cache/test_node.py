"""One memcached server that fails while a thread is on its way to it."""

import asyncio
import threading
from typing import Any

import pytest
from typing_extensions import override

from cache.test_memcached import until
from llmrpc_server.cache import sockets
from llmrpc_server.cache.node import Node, NodeDown
from memcached import Memcached

FAILURES = 3


class Slow(sockets.socket):
    """A socket whose first one takes its time to connect; all are kept, so that none is closed by being forgotten."""

    made: list["Slow"]
    go_on: threading.Event

    @override
    def connect(self, address: Any, /) -> None:
        """Connect, the first one once it may."""
        self.made.append(self)
        if len(self.made) == 1:
            self.go_on.wait(10)
        super().connect(address)


async def test_a_connection_made_while_it_goes_down(nodes: list[Memcached], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread goes on, and the connection is closed with the others."""
    Slow.made, Slow.go_on = [], threading.Event()
    monkeypatch.setattr(sockets, "socket", Slow)
    node = Node(nodes[0].address, timeout=0.2)
    late = asyncio.create_task(node.set("a", b"1", 60))
    await until(lambda: bool(Slow.made))
    nodes[0].pause()
    try:
        for _ in range(FAILURES):
            with pytest.raises(NodeDown):
                await node.set("b", b"1", 60)
        await until(lambda: node.down)
    finally:
        nodes[0].go_on()
    Slow.go_on.set()
    with pytest.raises(NodeDown):
        await late
    await until(lambda: not node.down)
    await node.close()

    assert [] == [socket for socket in Slow.made if socket.fileno() != -1]
