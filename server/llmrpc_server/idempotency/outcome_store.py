"""Where outcomes are kept for a while: in this process's memory, and in memcached where there is one."""

from llmrpc_server.cache import frame
from llmrpc_server.cache.key import digest
from llmrpc_server.cache.memory import MemoryStore
from llmrpc_server.cache.store import Store
from llmrpc_server.config.idempotency import IdempotencySettings
from llmrpc_server.idempotency import outcome
from llmrpc_server.idempotency.outcome import Outcome
from llmrpc_server.idempotency.rows import Id


class OutcomeStore:
    """Finds and keeps outcomes.

    Args:
        shared: What all server processes see; None for nothing.
        namespace: The beginning of all keys there.
    """

    def __init__(self, settings: IdempotencySettings, shared: Store | None, namespace: str) -> None:
        self._window = settings.window.total_seconds()
        self._own = MemoryStore(settings.memory)
        self._shared = shared
        self._namespace = namespace

    async def find(self, of: Id) -> Outcome | None:
        """Return the outcome of a request; None where there is none, or none any more."""
        key = self._key(of)
        for store in (self._own, self._shared):
            if store is not None and (packed := (await store.get_many([key])).values.get(key)) is not None:
                data = frame.unpack(key, packed)
                if data is not None and (found := outcome.read(data)) is not None:
                    return found
        return None

    async def keep(self, of: Id, kept: Outcome) -> None:
        """Keep the outcome of a request."""
        key = self._key(of)
        packed = frame.pack(key, outcome.write(kept))
        await self._own.set(key, packed, self._window)
        if self._shared is not None:
            await self._shared.set(key, packed, self._window)

    async def close(self) -> None:
        """Forget this process's own."""
        await self._own.close()

    def _key(self, of: Id) -> str:
        return f"{self._namespace}:o:{digest(of.tenant.encode(), of.request_id.encode())}"
