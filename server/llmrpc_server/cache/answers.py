"""Stored answers, wherever they are: in this process's memory first, then in memcached."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llmrpc_server.cache import entry, frame
from llmrpc_server.cache.entry import Answer, Entry
from llmrpc_server.cache.generations import LocalGenerations, SharedGenerations
from llmrpc_server.cache.key import digest
from llmrpc_server.cache.memcached import MemcachedStore
from llmrpc_server.cache.memory import MemoryStore
from llmrpc_server.cache.store import Stored
from llmrpc_server.config import CacheSettings

# With memcached a process goes by its own copy no longer than this: another may have refreshed the answer.
_COPY_SECONDS = 5.0
# Larger ones are compressed in a thread.
_LARGE_BYTES = 64 * 1024

# As long as somebody may be at it, others wait for the answer.
_LEASE_SECONDS = 20.0
_AT_IT, _DONE = b"1", b"0"
DONE_SECONDS = 2.0
"""How long a lease of which the answer is stored stays: memcached counts in whole seconds."""
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5


@dataclass(frozen=True, slots=True)
class LookUp:
    """What looking for an answer brought.

    Attributes:
        answer: The stored answer; None where there is none.
        generations: The current ones of the scopes that were asked for; None where they cannot be told: nothing that is
            made now may be stored.
    """

    answer: Answer | None
    generations: Mapping[str, str] | None


class Answers:
    """Finds and keeps answers.

    Args:
        settings: Where they are kept.
        memcached: The servers that all processes share; None for none.

    Attributes:
        generations: Of all scopes.
    """

    def __init__(self, settings: CacheSettings, memcached: MemcachedStore | None) -> None:
        self._prefix = settings.namespace
        # All that a look-up may cost, whatever state the servers are in.
        self._patience = settings.timeout.total_seconds()
        self._memory = MemoryStore(settings.memory) if settings.memory else None
        self._memcached = memcached
        self.generations: LocalGenerations | SharedGenerations = (
            LocalGenerations() if memcached is None else SharedGenerations(memcached, settings.namespace)
        )

    async def find(self, key: str, targets: Sequence[str], scopes: Callable[[], Iterable[str]]) -> LookUp:
        """Look for the answer of the first of these targets that has one.

        Args:
            key: The call's.
            targets: Names of targets.
            scopes: Names those of which the generations are wanted where this process has no answer.
        """
        places = [self._place(key, target) for target in targets]
        try:
            # A timer costs as much as a look into the memory, which takes no time.
            if self._memcached is None:
                answer = await self._own(places)
                return LookUp(answer, {} if answer else await self.generations.current(set(scopes())))
            async with asyncio.timeout(self._patience):
                return await self._anywhere(self._memcached, key, places, scopes)
        except TimeoutError:
            return LookUp(None, None)

    async def keep_here(self, key: str, target: str, made: Entry) -> bytes:
        """Keep the answer of a target in this process; return its bytes."""
        data = entry.write(made)
        # With memcached a copy of something invalidated is passed over; without, it would be all that is looked at.
        if self._memory is not None and (self._memcached is not None or await self.lasts(made)):
            ttl = made.ttl if self._memcached is None else min(made.ttl, _COPY_SECONDS)
            await self._memory.set(self._place(key, target), data, ttl)
        return data

    async def keep_there(self, key: str, target: str, made: Entry, data: bytes, *, refreshed: bool) -> Stored:
        """Keep the same bytes where all processes find it.

        Args:
            key: The call's.
            target: Who answered.
            made: The answer.
            data: Its bytes.
            refreshed: In place of whatever is there. Else that of a later call, for example a fresh answer that another
                process was asked for meanwhile, stays.
        """
        if self._memcached is None:
            return Stored.STORED
        place = self._place(key, target)
        if len(data) > _LARGE_BYTES:
            packed = await asyncio.to_thread(frame.pack, place, data)
        else:
            packed = frame.pack(place, data)
        if not refreshed:
            stored = await self._memcached.add(place, packed, made.ttl)
            if stored is not Stored.REFUSED:
                return stored
            there = await self._first_good([place], (await self._memcached.get_many([place])).values)
            if there is not None and there.entry.call_id > made.call_id:
                return Stored.STORED
        return await self._memcached.set(place, packed, made.ttl)

    async def lasts(self, made: Entry) -> bool:
        """Return whether nothing that an answer lies in was invalidated since it was begun."""
        return await self.generations.current(made.generations) == made.generations

    async def lease(self, identity: str) -> bool:
        """Be the one process that makes an answer; False where another is at it."""
        if self._memcached is None:
            return True
        return await self._memcached.add(self._lease(identity), _AT_IT, _LEASE_SECONDS) is not Stored.REFUSED

    async def give_back(self, identity: str, *, stored: bool) -> None:
        """End a lease: the answer is stored, or there will be none.

        Of one that is stored it stays for a moment: who looked before, and asks for the lease only now, looks again.
        """
        if self._memcached is None:
            return
        if stored:
            await self._memcached.set(self._lease(identity), _DONE, DONE_SECONDS)
        else:
            await self._memcached.delete(self._lease(identity))

    async def wait_for(self, identity: str, key: str, targets: Sequence[str], deadline: float | None) -> Answer | None:
        """Wait for the answer that another process is making.

        Returns None once that one has given up, or when half the time until the deadline is over: the rest is needed
        to make an answer of one's own.
        """
        loop = asyncio.get_running_loop()
        patience = _LEASE_SECONDS if deadline is None else min((deadline - loop.time()) / 2, _LEASE_SECONDS)
        ends, wait = loop.time() + patience, _FIRST_WAIT
        places = [self._place(key, target) for target in targets]
        while self._memcached is not None and loop.time() + wait < ends:
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - so that not all ask at once
            wait = min(wait * 1.5, _LONGEST_WAIT)
            found = await self._memcached.get_many([*places, self._lease(identity)])
            if (answer := await self._first_good(places, found.values)) is not None:
                return answer
            state = found.values.get(self._lease(identity))
            if state == _DONE:
                # Another node told of the answer's place, perhaps before it was there.
                return await self._first_good(places, (await self._memcached.get_many(places)).values)
            if state is None:
                return None
        return None

    async def close(self) -> None:
        """Let go of memory, connections and threads."""
        if isinstance(self.generations, SharedGenerations):
            await self.generations.close()
        for store in (self._memory, self._memcached):
            if store is not None:
                await store.close()

    async def _own(self, places: Sequence[str]) -> Answer | None:
        if self._memory is None:
            return None
        for place in places:
            data = self._memory.get(place)
            if data is not None and (answer := await self._good(entry.read(data))) is not None:
                return answer
        return None

    async def _anywhere(
        self, memcached: MemcachedStore, key: str, places: Sequence[str], scopes: Callable[[], Iterable[str]]
    ) -> LookUp:
        if (answer := await self._own(places[:1])) is not None:
            return LookUp(answer, {})
        current = self.generations.current(set(scopes()))
        found, generations = await asyncio.gather(memcached.get_many(places), current)
        if generations is None or (found.failed and not found.values):
            return LookUp(None, None)
        answer = await self._first_good(places, found.values)
        if answer is not None and self._memory is not None:
            place = self._place(key, answer.name)
            await self._memory.set(place, entry.write(answer.entry), min(answer.entry.ttl, _COPY_SECONDS))
        return LookUp(answer, generations)

    async def _first_good(self, places: Sequence[str], values: Mapping[str, bytes]) -> Answer | None:
        """Return the first answer that is still good; bytes that are no answer of this version are none."""
        for place in places:
            if (packed := values.get(place)) is not None and (data := frame.unpack(place, packed)) is not None:
                answer = await self._good(entry.read(data))
                if answer is not None:
                    return answer
        return None

    async def _good(self, answer: Answer | None) -> Answer | None:
        """Return an answer whose time is not over and that nobody has invalidated."""
        if answer is None or answer.entry.ttl <= 0:
            return None
        return answer if await self.lasts(answer.entry) else None

    def _place(self, key: str, target: str) -> str:
        return _place(self._prefix, key, target)

    def _lease(self, identity: str) -> str:
        return f"{self._prefix}:l:{identity}"


@lru_cache(maxsize=4096)
def _place(namespace: str, key: str, target: str) -> str:
    return f"{namespace}:a:{digest(key.encode(), target.encode())}"
