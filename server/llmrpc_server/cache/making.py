"""The run of a call that no stored answer fits: asks, and keeps what comes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from llmrpc.v1 import completion_pb2
from llmrpc_server.cache.answers import DONE_SECONDS, Answers
from llmrpc_server.cache.entry import Entry, entry_of, keepable
from llmrpc_server.cache.key import digest, limits_key
from llmrpc_server.cache.policy import Use
from llmrpc_server.cache.single_flight import Run
from llmrpc_server.cache.stats import CacheStats
from llmrpc_server.cache.store import Stored
from llmrpc_server.call import Call, Events


@dataclass(frozen=True, slots=True)
class Making:
    """How the answer to a call is made.

    Attributes:
        ask: Asks the targets: the steps below.
        key: The call's.
        wanted: The targets whose stored answer would do.
        scopes: In which an answer lies, by the target that makes it.
        generations: Of all these scopes when the call came; None where they could not be told: then nothing is kept,
            and nobody is waited for. What is invalidated meanwhile will not be served.
    """

    answers: Answers
    stats: CacheStats
    ask: Callable[[Call], Events]
    use: Use
    key: str
    wanted: Sequence[str]
    scopes: Mapping[str, Sequence[str]]
    generations: Mapping[str, str] | None

    def identity(self, call: Call) -> str:
        """Return what calls have in common that may share a run: key, limits, and that nothing was invalidated."""
        made_in = "\n".join(sorted((self.generations or {}).values()))
        return digest(self.key.encode(), limits_key(call), made_in.encode())

    async def run(self, run: Run, identity: str) -> Events:
        """Yield the events of the answer; keep it if it is whole."""
        shared = self.use.read and self.generations is not None
        # It may be held already when the run is cancelled while it asks for it.
        leased = shared
        try:
            if shared and not (leased := await self.answers.lease(identity)):
                run.served = await self.answers.wait_for(identity, self.key, self.wanted, run.call.deadline)
                leased = run.served is None and await self.answers.lease(identity)
            if run.served is not None:
                for event in run.served.events(streaming=run.call.streaming):
                    yield event
                return
            async with aclosing(self._make(run)) as events:
                async for event in events:
                    yield event
        finally:
            if leased:
                await self.answers.give_back(identity, stored=run.stored)

    async def _make(self, run: Run) -> Events:
        call, made, data = run.call, None, b""
        async with aclosing(self.ask(call)) as events:
            async for event in events:
                if event.HasField("completed") and not run.overtaken:
                    made = self._entry(call, event.completed)
                if made is not None:
                    data = await self.answers.keep_here(self.key, call.target.name, made)
                yield event
        # What was invalidated meanwhile would only take the place of what was made since.
        if made is not None and await self.answers.lasts(made):
            stored = await self.answers.keep_there(self.key, call.target.name, made, data, refreshed=not self.use.read)
            if stored is Stored.STORED:
                # Else those who came late would find the lease taken, and no answer that serves them.
                run.stored = call.target.name in self.wanted and self.use.ttl > DONE_SECONDS
                self.stats.stored(call, len(data))
            elif stored is Stored.REFUSED:
                self.stats.refused(call)

    def _entry(self, call: Call, response: completion_pb2.CompleteResponse) -> Entry | None:
        scopes = self.scopes.get(call.target.name)
        if self.generations is None or scopes is None or not keepable(response):
            return None
        made_in = {scope: self.generations[scope] for scope in scopes}
        return entry_of(call, response, made_in, self.use.ttl)
