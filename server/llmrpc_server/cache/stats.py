"""What the cache did, by route: for CacheService and for Prometheus."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from llmrpc.v1 import accounting_pb2, cache_pb2
from llmrpc_server.call import Call
from llmrpc_server.money import UNIT, picos_of

# Callers can name any model of a provider; those of no route count together.
_OTHER = "other"
# A token's issuer can make any number of tenants; of those that called least lately the counts are forgotten.
MAX_TENANTS = 1000

_OF, _OF_STATUS, _OF_CURRENCY = ("route",), ("route", "status"), ("route", "currency")

_FIELDS = {
    accounting_pb2.CACHE_STATUS_HIT: "hits",
    accounting_pb2.CACHE_STATUS_MISS: "misses",
    accounting_pb2.CACHE_STATUS_JOINED: "joined",
    accounting_pb2.CACHE_STATUS_ERROR: "errors",
}


@dataclass(slots=True)
class _Route:
    counts: cache_pb2.CacheStats
    created: float = field(default_factory=time.time)
    saved_picos: int = 0


class CacheStats(Collector):
    """Counts since the process started; Prometheus collects the same ones.

    Args:
        routes: Names of the configuration's routes and models; a caller cannot make new series.
        registry: Where Prometheus looks.
    """

    def __init__(self, routes: Iterable[str], registry: CollectorRegistry) -> None:
        self._routes: dict[str, _Route] = {}
        self.configure((*routes, _OTHER))
        self._tenants: OrderedDict[str, dict[str, _Route]] = OrderedDict()
        self._refused = Counter(
            "llmrpc_cache_refused", "Answers that no store had room for.", ("route",), registry=registry
        )
        self._failures = Counter(
            "llmrpc_cache_node_failures",
            "Requests that a memcached server did not answer.",
            ("node",),
            registry=registry,
        )
        registry.register(self)

    def configure(self, routes: Iterable[str]) -> None:
        """Count the routes and models of another configuration, too."""
        for name in routes:
            self._routes.setdefault(name, _Route(cache_pb2.CacheStats(route=name)))

    def describe(self) -> Iterator[Metric]:
        """Name the series to the registry."""
        return self.collect()

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield the series as they are now, of what has happened at all."""
        calls = CounterMetricFamily(
            "llmrpc_cache_calls", "Calls that looked into the cache, by what it did for them.", labels=_OF_STATUS
        )
        stored = CounterMetricFamily("llmrpc_cache_stored_bytes", "Bytes of answers that were stored.", labels=_OF)
        saved = CounterMetricFamily("llmrpc_cache_saved", "Money that the cache saved.", labels=_OF_CURRENCY)
        for name, route in self._routes.items():
            counts = route.counts
            for status in _FIELDS.values():
                if count := getattr(counts, status):
                    calls.add_metric((name, status), count, route.created)
            if counts.stored_bytes:
                stored.add_metric((name,), counts.stored_bytes, route.created)
            if counts.HasField("saved"):
                currency = counts.saved.currency_code
                saved.add_metric((name, currency), route.saved_picos / UNIT, route.created)
        yield from (calls, stored, saved)

    def used(self, call: Call) -> None:
        """Count what the cache did for a call."""
        if (name := _FIELDS.get(call.cache.status)) is None:  # it left before that was known
            return
        for route in self._counted(call):
            setattr(route.counts, name, getattr(route.counts, name) + 1)
            if call.saved is not None:
                _add(route, call.saved)

    def stored(self, call: Call, size: int) -> None:
        """Count the bytes of an answer that was stored."""
        for route in self._counted(call):
            route.counts.stored_bytes += size

    def refused(self, call: Call) -> None:
        """Count an answer that was too large."""
        self._refused.labels(self._counted(call)[0].counts.route).inc()

    def failed(self, node: str) -> None:
        """Count a request that a memcached server did not answer."""
        self._failures.labels(node).inc()

    def all(self) -> list[cache_pb2.CacheStats]:
        """Return the counts of each route that had any."""
        return _told(self._routes)

    def of(self, tenant: str) -> list[cache_pb2.CacheStats]:
        """Return the counts of a tenant's own calls, for each route that had any."""
        return _told(self._tenants.get(tenant, {}))

    def _counted(self, call: Call) -> tuple[_Route, _Route]:
        """Return what counts a call: the route's counts, and those of the tenant on it."""
        name = call.plan.route.name
        if name not in self._routes:
            name = _OTHER
        tenant = call.principal.tenant
        own = self._tenants.get(tenant)
        if own is None:
            own = self._tenants[tenant] = {}
            if len(self._tenants) > MAX_TENANTS:
                self._tenants.popitem(last=False)
        else:
            self._tenants.move_to_end(tenant)
        if name not in own:
            own[name] = _Route(cache_pb2.CacheStats(route=name))
        return self._routes[name], own[name]


def _told(routes: Mapping[str, _Route]) -> list[cache_pb2.CacheStats]:
    return [route.counts for route in routes.values() if len(route.counts.ListFields()) > 1]


def _add(route: _Route, cost: accounting_pb2.Cost) -> None:
    """Add a cost to what a route saved; one table of prices has one currency."""
    route.saved_picos += picos_of(cost)
    saved = route.counts.saved
    saved.currency_code = cost.currency_code
    saved.units, saved.picos = divmod(route.saved_picos, UNIT)
