"""The provider in a thread with its own event loop, so that a busy test does not hold it up."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from .attempts import Attempt, Condition
from .provider import FaultProvider
from .scripts import Step


class ThreadedFaultProvider:
    """A FaultProvider for `with` or `async with`, whose loop is not the caller's.

    Conditions given to `wait_until` and `block_until` are called in the provider's thread.
    """

    def __init__(self, *, port: int = 0, keep: int = 20_000) -> None:
        self._provider = FaultProvider(port=port, keep=keep)
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="fault-provider", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        """The address without a path."""
        return self._provider.base_url

    @property
    def attempts(self) -> list[Attempt]:
        """What was asked so far, oldest first; running attempts go on changing."""
        return self._provider.attempts

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return self._provider.open_connections

    @property
    def connections_made(self) -> int:
        """How many connections there have been."""
        return self._provider.connections_made

    def script(self, model: str, steps: Iterable[Step]) -> None:
        """Let each request for the model take a step of its own, the last repeats; raises BehaviourError."""

        async def put() -> None:
            """Do it in the loop."""
            self._provider.script(model, steps)

        self._submit(put()).result()

    def clear(self) -> None:
        """Forget all attempts."""

        async def clear() -> None:
            """Do it in the loop."""
            self._provider.clear()

        self._submit(clear()).result()

    async def wait_until(self, condition: Condition, timeout: float = 20) -> None:  # noqa: ASYNC109
        """Return when the condition holds for the attempts; raises TimeoutError after `timeout` seconds."""
        await asyncio.wrap_future(self._submit(self._provider.wait_until(condition, timeout)))

    def block_until(self, condition: Condition, timeout: float = 20) -> None:
        """Do as `wait_until` where there is no event loop."""
        self._submit(self._provider.wait_until(condition, timeout)).result()

    def _submit(self, work: Coroutine[None, None, None]) -> Future[None]:
        """Run it in the provider's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        """Be the thread."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        """Serve until the caller leaves the `with`."""
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        async with self._provider:
            self._started.set_result(None)
            await self._closing.wait()
