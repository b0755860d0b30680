"""What the provider saw: a record of every request, and waiting for one."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal[
    "running", "answered", "refused", "broken", "scripted", "cut", "reset", "client_gone", "provider_closed"
]
"""How an attempt went.

answered: sent whole. refused: an error status. broken: proper for HTTP, but with a fault inside (malformed,
error event, no end marker). scripted: raw bytes. cut, reset: FIN or RST before the end. client_gone: the
other side left before the end. provider_closed: the provider was closed before the end.
"""


@dataclass
class Attempt:
    """One request and what became of it. Times are `time.monotonic()` in milliseconds."""

    number: int
    wire: str
    path: str
    headers: dict[str, str]
    key: str | None
    received_ms: float
    body: Any = None
    model: str | None = None
    streamed: bool = False
    status: int | None = None
    headers_ms: float | None = None
    first_token_ms: float | None = None
    last_token_ms: float | None = None
    finished_ms: float | None = None
    client_gone_ms: float | None = None
    tokens_sent: int = 0
    outcome: Outcome = "running"


Condition = Callable[[list[Attempt]], bool]


@dataclass
class AttemptLog:
    """The last attempts, oldest first, and who waits for them to change."""

    keep: int
    attempts: deque[Attempt] = field(init=False)
    _count: int = 0
    _waiters: set[asyncio.Future[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.attempts = deque(maxlen=self.keep)

    def begin(self, wire: str, path: str, headers: dict[str, str], key: str | None) -> Attempt:
        """Add an attempt."""
        self._count += 1
        attempt = Attempt(self._count, wire, path, headers, key, now_ms())
        self.attempts.append(attempt)
        self.changed()
        return attempt

    def clear(self) -> None:
        """Forget all attempts; numbers go on."""
        self.attempts.clear()
        self.changed()

    def changed(self) -> None:
        """Wake whoever waits."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_until(self, condition: Condition, timeout: float) -> None:  # noqa: ASYNC109
        """Return when the condition holds for the attempts; raises TimeoutError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not condition(list(self.attempts)):
                    await self._change()
        except TimeoutError:
            seen = "\n".join(f"  {a.number} {a.model} {a.outcome} {a.tokens_sent}" for a in self.attempts)
            raise TimeoutError(f"not within {timeout} s; attempts (model, outcome, tokens):\n{seen}") from None

    async def _change(self) -> None:
        """Return after the next change."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)


@dataclass
class Recorder:
    """Notes in the log how one attempt goes on."""

    attempt: Attempt
    log: AttemptLog

    def headers_sent(self, status: int) -> None:
        """Note that the response began."""
        self.attempt.status, self.attempt.headers_ms = status, now_ms()
        self.log.changed()

    def tokens_sent(self, count: int) -> None:
        """Note that some tokens left in one write."""
        if not count:
            return
        self.attempt.last_token_ms = now_ms()
        if self.attempt.first_token_ms is None:
            self.attempt.first_token_ms = self.attempt.last_token_ms
        self.attempt.tokens_sent += count
        self.log.changed()

    def finished(self, outcome: Outcome, *, client_gone_ms: float | None = None) -> None:
        """Note the end."""
        self.attempt.outcome, self.attempt.finished_ms = outcome, now_ms()
        self.attempt.client_gone_ms = client_gone_ms
        self.log.changed()


def now_ms() -> float:
    """Return the monotonic time in milliseconds."""
    return time.monotonic() * 1000
