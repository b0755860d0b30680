"""What the cache did, by route: for CacheService and for Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter

from llmrpc.v1 import accounting_pb2, cache_pb2
from llmrpc_server.call import Call

_PICOS = 10**12
# Callers can name any model of a provider; those of no route count together.
_OTHER = "other"

_FIELDS = {
    accounting_pb2.CACHE_STATUS_HIT: "hits",
    accounting_pb2.CACHE_STATUS_MISS: "misses",
    accounting_pb2.CACHE_STATUS_JOINED: "joined",
    accounting_pb2.CACHE_STATUS_ERROR: "errors",
}


@dataclass(slots=True)
class _Route:
    counts: cache_pb2.CacheStats
    # What Prometheus counts with, by name of a count and by currency. Looking it up costs as much as the rest.
    counters: dict[str, Counter] = field(default_factory=dict)
    saved: dict[str, Counter] = field(default_factory=dict)
    saved_picos: int = 0


class CacheStats:
    """Counts since the process started.

    Args:
        routes: Names of the configuration's routes and models; a caller cannot make new series.
        registry: Where Prometheus looks.
    """

    def __init__(self, routes: Iterable[str], registry: CollectorRegistry) -> None:
        self._routes = {name: _Route(cache_pb2.CacheStats(route=name)) for name in (*routes, _OTHER)}
        self._calls = Counter(
            "llmrpc_cache_calls",
            "Calls that looked into the cache, by what it did for them.",
            ("route", "status"),
            registry=registry,
        )
        self._stored = Counter(
            "llmrpc_cache_stored_bytes", "Bytes of answers that were stored.", ("route",), registry=registry
        )
        self._refused = Counter(
            "llmrpc_cache_refused", "Answers that no store had room for.", ("route",), registry=registry
        )
        self._saved = Counter(
            "llmrpc_cache_saved", "Money that the cache saved.", ("route", "currency"), registry=registry
        )
        self._failures = Counter(
            "llmrpc_cache_node_failures",
            "Requests that a memcached server did not answer.",
            ("node",),
            registry=registry,
        )

    def used(self, call: Call) -> None:
        """Count what the cache did for a call."""
        if (name := _FIELDS.get(call.cache.status)) is None:  # it left before that was known
            return
        route = self._route(call)
        setattr(route.counts, name, getattr(route.counts, name) + 1)
        if (counter := route.counters.get(name)) is None:
            counter = route.counters[name] = self._calls.labels(route.counts.route, name)
        counter.inc()
        if call.saved is not None:
            _add(route, call.saved)
            currency = call.saved.currency_code
            if (saved := route.saved.get(currency)) is None:
                saved = route.saved[currency] = self._saved.labels(route.counts.route, currency)
            saved.inc(call.saved.units + call.saved.picos / _PICOS)

    def stored(self, call: Call, size: int) -> None:
        """Count the bytes of an answer that was stored."""
        route = self._route(call)
        route.counts.stored_bytes += size
        self._stored.labels(route.counts.route).inc(size)

    def refused(self, call: Call) -> None:
        """Count an answer that was too large."""
        self._refused.labels(self._route(call).counts.route).inc()

    def failed(self, node: str) -> None:
        """Count a request that a memcached server did not answer."""
        self._failures.labels(node).inc()

    def all(self) -> list[cache_pb2.CacheStats]:
        """Return the counts of each route that had any."""
        return [route.counts for route in self._routes.values() if len(route.counts.ListFields()) > 1]

    def _route(self, call: Call) -> _Route:
        return self._routes.get(call.plan.route.name) or self._routes[_OTHER]


def _add(route: _Route, cost: accounting_pb2.Cost) -> None:
    """Add a cost to what a route saved; one table of prices has one currency."""
    route.saved_picos += cost.units * _PICOS + cost.picos
    saved = route.counts.saved
    saved.currency_code = cost.currency_code
    saved.units, saved.picos = divmod(route.saved_picos, _PICOS)
