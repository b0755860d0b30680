"""cache: a stored answer, or a run that identical calls share: what was paid once need not be paid twice."""

from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from itertools import chain

from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server.cache.cache import Cache
from llmrpc_server.cache.entry import Answer
from llmrpc_server.cache.key import Keys
from llmrpc_server.cache.making import Making
from llmrpc_server.cache.policy import Use, use_of
from llmrpc_server.cache.scopes import scopes_of
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.errors import CacheMiss
from llmrpc_server.health import Board
from llmrpc_server.interceptors.base import CallInterceptor, Proceed


class CacheInterceptor(CallInterceptor):
    """Answers calls from the cache.

    Args:
        cache: Of this process.
        board: Tells which targets may be asked now.
    """

    def __init__(self, cache: Cache, board: Board) -> None:
        self._settings = cache.settings
        self._answers = cache.answers
        self._single_flight = cache.single_flight
        self._stats = cache.stats
        self._board = board
        self._keys = Keys()

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        use = use_of(call, self._settings)
        return proceed(call) if use is None else self._cached(call, use, proceed)

    async def _cached(self, call: Call, use: Use, proceed: Proceed) -> Events:
        key = self._keys.of(call, shared=use.shared)
        wanted = self._wanted(call) if use.read else []
        found = await self._answers.find(key, wanted, lambda: chain.from_iterable(scopes_of(call, key).values()))
        call.cache.key = key
        try:
            if found.answer is not None:
                for event in _served(call, found.answer):
                    yield event
                return
            failed = found.generations is None
            call.cache.status = accounting_pb2.CACHE_STATUS_ERROR if failed else accounting_pb2.CACHE_STATUS_MISS
            if not use.write:
                raise CacheMiss("no stored answer fits, and nothing else was wanted")
            making = Making(
                self._answers, self._stats, proceed, use, key, wanted, scopes_of(call, key), found.generations
            )
            identity = making.identity(call)
            run = self._single_flight.follow(call, identity, partial(making.run, identity=identity), fresh=not use.read)
            async with aclosing(run) as shared:
                async for event in shared:
                    yield event
        finally:
            self._stats.used(call)

    def _wanted(self, call: Call) -> list[str]:
        """Name the target that would answer: the cache never changes who that is. Where nobody would, any will do."""
        able = [target for target in call.plan.targets if not self._board.of(target).open]
        well = (target for target in able if not self._board.of(target).resting)
        first = next(well, able[0] if able else None)
        return [target.name for target in (call.plan.targets if first is None else (first,))]


def _served(call: Call, answer: Answer) -> Iterator[Event]:
    """Put a stored answer into the call's books, and return its events."""
    key = call.cache.key
    call.cache = answer.info
    call.cache.key = key
    call.answered_by, call.saved = answer.target, answer.cost
    return answer.events(streaming=call.streaming)
