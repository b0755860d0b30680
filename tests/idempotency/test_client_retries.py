"""The Python client's own retries: what its channel sends twice runs once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import faulty, running


class Line:
    """A connection between client and server that can be held up and cut.

    Attributes:
        address: Where it listens.
        passing: Whether the server's bytes reach the client.
    """

    def __init__(self, server: str) -> None:
        self._host, _, self._port = server.rpartition(":")
        self._writers: list[asyncio.StreamWriter] = []
        self.address = ""
        self.passing = True

    def cut(self) -> None:
        """Break all connections; the next ones pass everything."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self.passing = True

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what is said on one connection."""
        from_server, to_server = await asyncio.open_connection(self._host, int(self._port))
        self._writers += [writer, to_server]
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, to_server))
                both.create_task(self._pass(from_server, writer, holding=True))
        except* OSError:
            pass
        finally:
            to_server.close()
            writer.close()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, holding: bool = False) -> None:
        while data := await source.read(65536):
            if self.passing or not holding:
                to.write(data)
        to.close()


@contextlib.asynccontextmanager
async def line_to(server: str) -> AsyncIterator[Line]:
    """Stand before a server until the block is left."""
    line = Line(server)
    async with await asyncio.start_server(line.talk, "127.0.0.1", 0) as listener:
        line.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield line
        line.cut()


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_retry_after_a_broken_connection(faults: ThreadedFaultProvider, *, streamed: bool) -> None:
    """The connection breaks before the client heard anything: it asks again, and the provider is asked once."""
    async with (
        running(faulty(faults)) as gateway,
        line_to(gateway.address) as line,
        llmrpc.AsyncClient(line.address) as client,
    ):
        await client.get_model("default")
        line.passing = False
        model = "openai/slow-headers=500ms"
        asking = client.stream("Hello", model=model).result() if streamed else client.complete("Hello", model=model)
        task = asyncio.create_task(asking)
        await faults.wait_until(lambda attempts: len(attempts) == 1)
        line.cut()
        completion = await task

    assert completion.text
    assert 1 == len(faults.attempts)
