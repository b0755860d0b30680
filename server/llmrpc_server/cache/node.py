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
from llmrpc_server.cache.batched_gets import BatchedGets
from llmrpc_server.cache.store import Stored

TIMEOUT_SECONDS = 0.05

# After this many failures one after another the server counts as down: nobody waits for it any more.
_FAILURES = 3
_PROBE_SECONDS = 0.5
_PROBE_KEY = "llmrpc-probe"
_THREADS = 4

log = structlog.get_logger()
T = TypeVar("T")


class NodeDown(Exception):
    """The server did not answer in time, or is known to be down."""


class Node:
    """A memcached server.

    Args:
        name: Host and port, or the path of a Unix socket.
        unanswered: Called for each request that it did not answer.
        timeout: How long to wait for it, in seconds.

    Attributes:
        down: Whether it failed so often that it is not asked.
    """

    def __init__(
        self, name: str, unanswered: Callable[[], None] = lambda: None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.name = name
        self._timeout = timeout
        self.down = False
        self._unanswered = unanswered
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
        self._gets = BatchedGets(lambda keys: self._ask(partial(self._client.get_many, keys)))
        self._busy = 0
        self._probing: asyncio.Task[None] | None = None

    async def get_many(self, keys: Collection[str]) -> dict[str, bytes]:
        """Return what it has of these keys.

        Raises:
            NodeDown: It did not answer.
        """
        self._check_up()
        values = await self._answer(asyncio.shield(self._gets.get(keys)))
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
        self._check_up()
        return await self._answer(self._ask(partial(_refusable, command)))

    def _ask(self, command: Callable[[], T]) -> asyncio.Future[T | None]:
        """Run a command in a thread; None for one that failed, which no caller needs to hear more of."""
        loop = asyncio.get_running_loop()
        self._busy += 1
        answer = loop.run_in_executor(self._threads, self._run, command, loop)
        answer.add_done_callback(self._at_rest)
        return answer

    def _at_rest(self, _answer: asyncio.Future[Any]) -> None:
        self._busy -= 1

    def _run(self, command: Callable[[], T], loop: asyncio.AbstractEventLoop) -> T | None:
        try:
            result = command()
        except Exception as error:  # noqa: BLE001 - whatever a server makes the client raise, it is no answer
            _call_on(loop, self._note_failure, type(error).__name__)
            return None
        if self._failures:
            _call_on(loop, self._note_success)
        return result

    async def _answer(self, asked: asyncio.Future[T | None]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await asked
        except TimeoutError as error:
            self._unanswered()
            raise NodeDown(self.name) from error
        if answer is None:
            self._unanswered()
            raise NodeDown(self.name)
        return answer

    def _check_up(self) -> None:
        if self.down:
            raise NodeDown(self.name)

    def _note_failure(self, error: str) -> None:
        self._failures += 1
        if self._failures >= _FAILURES and not self.down:
            self.down = True
            log.warning("cache node down", node=self.name, error=error)
            self._probing = asyncio.create_task(self._probe())

    def _note_success(self) -> None:
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


def _call_on(loop: asyncio.AbstractEventLoop, do: Callable[..., None], *arguments: str) -> None:
    """Call something on the event loop, unless it is closed already."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(do, *arguments)
