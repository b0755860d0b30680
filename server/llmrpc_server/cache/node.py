"""One memcached server: asked in threads of its own, for no longer than its time, and not at all while it is down."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import structlog
from pymemcache import PooledClient
from pymemcache.exceptions import MemcacheServerError

from llmrpc_server.cache import sockets
from llmrpc_server.cache.store import Stored

TIMEOUT_SECONDS = 0.05

# So many failures one after another and the server counts as down: nobody waits for it any more.
_FAILURES = 3
_PROBE_SECONDS = 0.5
_PROBE_KEY = "llmrpc-probe"
_THREADS = 4
# While so many hops are on their way, gets wait and leave together.
_HOPS = 2

log = structlog.get_logger()
T = TypeVar("T")


class NodeDown(Exception):
    """The server did not answer in time, or is known to be down."""


class _Batch:
    """Gets that leave in one hop."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.values: asyncio.Future[dict[str, bytes] | None] = asyncio.get_running_loop().create_future()


class Node:
    """A memcached server.

    Args:
        name: Host and port, or the path of a Unix socket.
        failed: Called for each request that it did not answer.
        timeout: How long to wait for it, in seconds.
    """

    def __init__(self, name: str, failed: Callable[[], None] = lambda: None, timeout: float = TIMEOUT_SECONDS) -> None:
        self.name = name
        self._timeout = timeout
        self.down = False
        self._report = failed
        self._failures = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"memcached {name}")
        # Without noreply=False a value that is too large would be dropped in silence; without timeouts a server that
        # hangs would keep a thread for ever.
        self._client = PooledClient(
            _address(name),
            connect_timeout=timeout,
            timeout=timeout,
            socket_module=sockets,
            no_delay=True,
            max_pool_size=_THREADS,
            default_noreply=False,
        )
        self._gathering: _Batch | None = None
        self._hops = 0
        self._busy = 0
        self._probing: asyncio.Task[None] | None = None

    async def get_many(self, keys: Collection[str]) -> dict[str, bytes]:
        """Return what it has of these keys.

        Raises:
            NodeDown: It did not answer.
        """
        self._refuse_when_down()
        batch = self._gathering
        if batch is None:
            batch = self._gathering = _Batch()
            asyncio.get_running_loop().call_soon(self._depart)
        batch.keys.update(keys)
        values = await self._in_time(asyncio.shield(batch.values))
        if values is None:
            self._report()
            raise NodeDown(self.name)
        return {key: values[key] for key in keys if key in values}

    async def set(self, key: str, value: bytes, seconds: int) -> Stored:
        """Keep a value.

        Raises:
            NodeDown: It did not answer.
        """
        return await self._store(partial(self._client.set, key, value, expire=seconds))

    async def add(self, key: str, value: bytes, seconds: int) -> Stored:
        """Keep a value where nothing is there yet.

        Raises:
            NodeDown: It did not answer.
        """
        return await self._store(partial(self._client.add, key, value, expire=seconds))

    async def delete(self, key: str) -> None:
        """Forget a value.

        Raises:
            NodeDown: It did not answer.
        """
        await self._store(partial(self._client.delete, key))

    async def close(self) -> None:
        """Let go of its connections and threads."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait((self._probing,))
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._client.close()

    async def _store(self, command: Callable[[], bool]) -> Stored:
        self._refuse_when_down()
        done = self._ask(partial(_refusable, command))
        answered = await self._in_time(done)
        if answered is None:
            self._report()
            raise NodeDown(self.name)
        return answered

    def _depart(self) -> None:
        """Send the gets that have gathered; those that come while enough hops are on their way leave together."""
        if self._hops >= _HOPS or self._gathering is None:
            return
        batch, self._gathering = self._gathering, None
        self._hops += 1
        self._ask(partial(self._client.get_many, batch.keys)).add_done_callback(partial(self._arrived, batch))

    def _arrived(self, batch: _Batch, hop: asyncio.Future[dict[str, bytes] | None]) -> None:
        self._hops -= 1
        batch.values.set_result(None if hop.cancelled() else hop.result())
        self._depart()

    def _ask(self, command: Callable[[], T]) -> asyncio.Future[T | None]:
        """Run a command in a thread; None for one that failed, which no caller needs to hear more of."""
        loop = asyncio.get_running_loop()
        self._busy += 1
        answer = loop.run_in_executor(self._threads, self._answered, command, loop)
        answer.add_done_callback(self._at_rest)
        return answer

    def _at_rest(self, _answer: asyncio.Future[Any]) -> None:
        self._busy -= 1

    def _answered(self, command: Callable[[], T], loop: asyncio.AbstractEventLoop) -> T | None:
        try:
            result = command()
        except Exception as error:  # noqa: BLE001 - whatever a server makes the client raise, it is no answer
            _tell(loop, self._failed, type(error).__name__)
            return None
        if self._failures:
            _tell(loop, self._succeeded)
        return result

    async def _in_time(self, answer: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError as error:
            self._report()
            raise NodeDown(self.name) from error

    def _refuse_when_down(self) -> None:
        if self.down:
            raise NodeDown(self.name)

    def _failed(self, error: str) -> None:
        self._failures += 1
        if self._failures >= _FAILURES and not self.down:
            self.down = True
            log.warning("cache node down", node=self.name, error=error)
            self._probing = asyncio.create_task(self._probe())

    def _succeeded(self) -> None:
        self._failures = 0

    async def _probe(self) -> None:
        """Ask it now and then, at no call's cost, until it answers what calls ask: more than its version."""
        while self.down:
            await asyncio.sleep(_PROBE_SECONDS)
            # Connections of before fail if it was started anew. One that a thread has now is that thread's to close.
            if not self._busy:
                self._client.close()
            if await self._ask(partial(self._client.get_many, (_PROBE_KEY,))) is not None:
                self.down = False
                self._failures = 0
                log.info("cache node up", node=self.name)


def _refusable(command: Callable[[], bool]) -> Stored:
    """Run a storing command: a server that says no is not down."""
    try:
        return Stored.STORED if command() else Stored.REFUSED
    except MemcacheServerError:
        return Stored.REFUSED


def _address(name: str) -> Any:
    """Return the address as pymemcache takes it."""
    if name.startswith("/"):
        return name
    host, _, port = name.rpartition(":")
    return host.strip("[]"), int(port)


def _tell(loop: asyncio.AbstractEventLoop, do: Callable[..., None], *arguments: str) -> None:
    """Call something on the event loop, unless it is closed already."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(do, *arguments)
