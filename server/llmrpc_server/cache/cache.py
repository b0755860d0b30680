"""The cache of one server process, put together from its configuration."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from llmrpc_server.cache.answers import Answers
from llmrpc_server.cache.memcached import MemcachedStore
from llmrpc_server.cache.single_flight import SingleFlight
from llmrpc_server.cache.stats import CacheStats
from llmrpc_server.config import CacheSettings


class Cache:
    """What the step "cache" and CacheService work with.

    Args:
        settings: Where answers are kept, and for how long.
        routes: Names of the configuration's routes and models.
        registry: Where Prometheus looks.

    Attributes:
        memcached: The servers that all processes share; None for none. Other rooms may keep things there as well.
        answers: Those that are stored.
        single_flight: The runs under way.
        stats: Counts.
    """

    def __init__(self, settings: CacheSettings, routes: Iterable[str], registry: CollectorRegistry) -> None:
        self.settings = settings
        self.stats = CacheStats(routes, registry)
        timeout = settings.timeout.total_seconds()
        self.memcached = MemcachedStore(settings.memcached, self.stats.failed, timeout) if settings.memcached else None
        self.answers = Answers(settings, self.memcached)
        self.single_flight = SingleFlight()

    async def close(self) -> None:
        """End what runs, store what is being stored, and let go of memory, connections and threads."""
        await self.single_flight.close()
        await self.answers.close()
