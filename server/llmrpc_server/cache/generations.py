"""Generations: every scope has one, an answer keeps those it was made in, and is good while they are the current ones.

Invalidating a scope gives it a new generation. A generation is a time and a random number. It is kept at all memcached
servers, and the latest of them holds: a server that lost it, or slept while it changed, learns it from the others. One
that all of them lost is made anew and differs from all that were.
"""

import asyncio
import contextvars
import re
import secrets
import time
from collections.abc import Collection, Mapping

from llmrpc_server.cache.memcached import MAX_TTL_SECONDS, MemcachedStore
from llmrpc_server.cache.node import Node
from llmrpc_server.cache.store import Stored

# How long a process goes by what it heard last. An invalidation holds everywhere after this and a hop.
FRESH_SECONDS = 0.5

_MOST_KNOWN = 50_000
_SECONDS_BETWEEN_LOOKS = 0.5
_BATCH = 100

_GENERATION = re.compile(r"[0-9a-f]{32}")
# Of one process's clock before another's.
_MOST_AHEAD_NS = 24 * 3600 * 10**9


class LocalGenerations:
    """The generations of one process that shares its answers with no other."""

    def __init__(self) -> None:
        self._first = _new()
        self._renewed: dict[str, str] = {}

    async def current(self, scopes: Collection[str]) -> Mapping[str, str] | None:
        """Return the generation of each scope."""
        return {scope: self._renewed.get(scope, self._first) for scope in scopes}

    async def renew(self, scope: str) -> bool:
        """Give a scope a new generation."""
        if len(self._renewed) >= _MOST_KNOWN:
            # Forgetting some would bring back what they made unreachable; so everything becomes so.
            self._renewed.clear()
            self._first = _new()
        self._renewed[scope] = _new()
        return True


class SharedGenerations:
    """The generations that all processes with the same memcached servers share."""

    def __init__(self, store: MemcachedStore, namespace: str) -> None:
        self._store = store
        self._prefix = f"{namespace}:g:"
        self._known: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, asyncio.Task[dict[str, str] | None]] = {}
        # Of this process's own, those that not every server has taken: one that missed them must not be asked alone.
        self._owed: dict[str, str] = {}
        self._telling: asyncio.Task[None] | None = None

    async def current(self, scopes: Collection[str]) -> Mapping[str, str] | None:
        """Return the generation of each scope; None where no server could tell: nothing stored can then be trusted."""
        oldest = time.monotonic() - FRESH_SECONDS
        found = {scope: known[0] for scope in scopes if (known := self._known.get(scope)) and known[1] >= oldest}
        if missing := [scope for scope in scopes if scope not in found]:
            if new := [scope for scope in missing if scope not in self._asking]:
                self._begin_to_ask(new)
            tasks = {scope: self._asking[scope] for scope in missing}
            # Others wait for the same; a caller that leaves takes nothing from them.
            await asyncio.wait(set(tasks.values()))
            for scope, task in tasks.items():
                if task.cancelled() or (told := task.result()) is None:
                    return None
                found[scope] = told[scope]
        return found

    async def renew(self, scope: str) -> bool:
        """Give a scope a new generation; False where no server took it, and what is stored may still be served."""
        answers = await self._store.get_everywhere([self._prefix + scope])
        told = [value.decode(errors="replace") for answer in answers.values() for value in answer.values()]
        new = _new(after=max(filter(_good, told), default=""))
        stored = await self._set(scope, new, self._store.nodes)
        if Stored.STORED not in stored:
            return False
        self._owed.pop(scope, None)
        if set(stored) != {Stored.STORED}:
            self._owe(scope, new)
        self._know(scope, new, time.monotonic())
        return True

    async def close(self) -> None:
        """Send nothing any more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait((self._telling,))

    def _begin_to_ask(self, scopes: Collection[str]) -> None:
        task = asyncio.create_task(self._ask(scopes), context=contextvars.Context())

        def forget(_: object) -> None:
            for scope in scopes:
                del self._asking[scope]

        self._asking |= dict.fromkeys(scopes, task)
        task.add_done_callback(forget)

    async def _ask(self, scopes: Collection[str]) -> dict[str, str] | None:
        asked = time.monotonic()
        answers = await self._store.get_everywhere([self._prefix + scope for scope in scopes])
        if not answers:
            return None
        found = await asyncio.gather(*(self._settle(scope, answers, asked) for scope in scopes))
        return dict(zip(scopes, found, strict=True)) if all(found) else None

    async def _settle(self, scope: str, answers: Mapping[Node, Mapping[str, bytes]], asked: float) -> str:
        """Find the latest generation of a scope in what the servers told, and tell it to those that lack it."""
        key = self._prefix + scope
        told = {node: _read(answer.get(key)) for node, answer in answers.items()}
        latest = max(*told.values(), self._owed.get(scope, ""))
        if not latest:
            return await self._begin(scope, answers)
        behind = [node for node, value in told.items() if value != latest]
        stored = await self._set(scope, latest, behind) if behind else []
        everywhere = len(answers) == len(self._store.nodes) and all(how is Stored.STORED for how in stored)
        if everywhere and self._owed.get(scope, "") <= latest:
            self._owed.pop(scope, None)
        return self._know(scope, latest, asked)

    async def _begin(self, scope: str, answers: Mapping[Node, Mapping[str, bytes]]) -> str:
        """Make the first generation of a scope; another process may be doing so too, and what the servers have holds.

        Returns an empty one where no server took it.
        """
        key, new = self._prefix + scope, _new().encode()
        if foreign := [node for node, answer in answers.items() if key in answer]:
            await self._store.set_everywhere(key, new, MAX_TTL_SECONDS, foreign)
        await self._store.add_everywhere(key, new, MAX_TTL_SECONDS, answers)
        asked = time.monotonic()
        answers = await self._store.get_everywhere([key])
        latest = max((_read(answer.get(key)) for answer in answers.values()), default="")
        return self._know(scope, latest, asked) if latest else ""

    async def _set(self, scope: str, generation: str, nodes: Collection[Node]) -> list[Stored]:
        return await self._store.set_everywhere(self._prefix + scope, generation.encode(), MAX_TTL_SECONDS, nodes)

    def _owe(self, scope: str, generation: str) -> None:
        if len(self._owed) >= _MOST_KNOWN:
            del self._owed[next(iter(self._owed))]
        self._owed[scope] = generation
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(), context=contextvars.Context())

    async def _tell(self) -> None:
        """Tell the servers that missed a generation, as soon as they are back."""
        told: set[Node] = set()
        while self._owed:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            up = {node for node in self._store.nodes if not node.down}
            if up - told or len(up) == len(self._store.nodes):
                owed = list(self._owed)
                for start in range(0, len(owed), _BATCH):
                    await self._ask(owed[start : start + _BATCH])
            told = up

    def _know(self, scope: str, generation: str, asked: float) -> str:
        """Go by a generation for a while; never back to an earlier one, which a slow answer may bring."""
        known = self._known.get(scope)
        if known is not None and known[0] > generation and known[1] > asked - FRESH_SECONDS:
            return known[0]
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[scope] = (generation, asked)
        return generation


def _new(after: str = "") -> str:
    """Make a generation that is later than another, and later than now unless a clock goes wrong."""
    now = time.time_ns()
    if after:
        now = max(now, int(after[:16], 16) + 1)
    return f"{now:016x}{secrets.token_hex(8)}"


def _read(value: bytes | None) -> str:
    """Return a generation that a server told; empty for none, and for what somebody else left under our key."""
    text = "" if value is None else value.decode(errors="replace")
    return text if _good(text) else ""


def _good(text: str) -> bool:
    """Return whether this is a generation, and none of a time that no clock shows yet: nothing could ever follow it."""
    return bool(_GENERATION.fullmatch(text)) and int(text[:16], 16) < time.time_ns() + _MOST_AHEAD_NS
