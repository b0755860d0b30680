"""Keys, tokens and certificates change while calls are made, and no call fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from auth.book import Book
from auth.issuer import Issuer
from certificates import Authority
from fault_provider import ThreadedFaultProvider
from gateway import bearer, channel_to, faulty, running
from llmrpc.v1 import model_pb2, model_pb2_grpc

_LIST = model_pb2.ListModelsRequest()


class Load:
    """Calls without a pause, each on a connection of its own.

    Attributes:
        made: How many have ended well.
        token: Makes the credential of the next call.
    """

    def __init__(self, address: str, token: Callable[[], str], credentials: grpc.ChannelCredentials | None) -> None:
        self._address, self._credentials = address, credentials
        self.token = token
        self.made = 0

    async def run(self) -> None:
        """Call until cancelled; fails with the first call that does."""
        while True:
            async with channel_to(self._address, self._credentials) as channel:
                await model_pb2_grpc.ModelServiceStub(channel).ListModels(_LIST, metadata=bearer(self.token()))
                self.made += 1

    async def more(self, calls: int = 10) -> None:
        """Return after so many more calls."""
        wanted = self.made + calls
        while self.made < wanted:
            await asyncio.sleep(0.005)


@asynccontextmanager
async def _under_load(
    address: str, token: Callable[[], str], credentials: grpc.ChannelCredentials | None = None
) -> AsyncIterator[Load]:
    load = Load(address, token, credentials)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load.run()) for _ in range(3)]
        await load.more()
        yield load
        await load.more()
        for task in tasks:
            task.cancel()


async def test_keys_rotate_under_load(faults: ThreadedFaultProvider, book: Book) -> None:
    """A rotated key's old text stays good until callers have the new one."""
    key = book.key()
    async with (
        running({**faulty(faults), "auth": book.section}) as gateway,
        _under_load(gateway.address, lambda: key) as load,
    ):
        for _ in range(3):
            new = book.rotate(key)
            await load.more()
            await _accepted(gateway.address, new)
            key = new


async def _accepted(address: str, token: str) -> None:
    """Wait until a token is good."""
    async with channel_to(address) as channel:
        stub = model_pb2_grpc.ModelServiceStub(channel)
        while await stub.ListModels(_LIST, metadata=bearer(token)).code() != grpc.StatusCode.OK:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("at_address", [False, True])
async def test_key_sets_rotate_under_load(faults: ThreadedFaultProvider, issuer: Issuer, *, at_address: bool) -> None:
    """Tokens of a new key are good from the moment on when the key set has it."""
    with issuer.serving() as address:
        section = issuer.section(jwks=address) if at_address else issuer.section()
        async with (
            running({**faulty(faults), "auth": {"jwt": section}}) as gateway,
            _under_load(gateway.address, issuer.token) as load,
        ):
            for _ in range(2):
                issuer.rotate()
                await load.more()


async def test_certificates_rotate_under_load(faults: ThreadedFaultProvider, book: Book, tmp_path: Path) -> None:
    """Each connection sees a whole pair, the old or the new one."""
    authority, key = Authority(tmp_path), book.key()
    config = {**faulty(faults), "auth": book.section, "server": {"tls": authority.pair().section}}
    async with running(config) as gateway, _under_load(gateway.address, lambda: key, authority.client()) as load:
        for _ in range(3):
            authority.pair()
            await load.more()
