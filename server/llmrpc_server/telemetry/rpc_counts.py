"""Counts of RPCs: plain numbers, collected when Prometheus asks.

Every RPC pays for them, and what is counted with prometheus_client's own objects takes a lock for each addition.
"""

import itertools
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from typing_extensions import override

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)
_BOUNDS = (*map(floatToGoString, SECONDS), "+Inf")
_METHOD = ("grpc_service", "grpc_method")


@dataclass(slots=True)
class _OfMethod:
    """The counts of one method.

    Attributes:
        labels: Service and name.
        created: When counting began, in seconds since 1970.
        handled: By the name of the status.
        within: How many took at most each of the bounds, and more than the bound before.
        seconds: All together.
    """

    labels: tuple[str, str]
    created: float = field(default_factory=time.time)
    started: int = 0
    in_flight: int = 0
    handled: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    within: list[int] = field(default_factory=lambda: [0] * len(_BOUNDS))
    seconds: float = 0.0


class RpcCounts(Collector):
    """Written on the event loop alone, read from any thread."""

    def __init__(self) -> None:
        self._methods: dict[str, _OfMethod] = {}

    def started(self, method: str) -> None:
        """Count an RPC that arrived; `method` is its full name."""
        of = self._methods.get(method)
        if of is None:
            service, _, name = method.removeprefix("/").partition("/")
            of = self._methods[method] = _OfMethod((service, name))
        of.started += 1
        of.in_flight += 1

    def finished(self, method: str, code: str, seconds: float) -> None:
        """Count an RPC that was counted as started and ended with a status."""
        of = self._methods[method]
        of.in_flight -= 1
        of.handled[code] += 1
        of.within[bisect_left(SECONDS, seconds)] += 1
        of.seconds += seconds

    def describe(self) -> Iterator[Metric]:
        """Name the series to the registry."""
        return self.collect()

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield all series as they are now."""
        started = CounterMetricFamily("grpc_server_started", "RPCs that arrived.", labels=_METHOD)
        handled = CounterMetricFamily(
            "grpc_server_handled", "RPCs that ended, by status.", labels=(*_METHOD, "grpc_code")
        )
        seconds = HistogramMetricFamily(
            "grpc_server_handling_seconds", "From an RPC's arrival to its status.", labels=_METHOD
        )
        in_flight = GaugeMetricFamily("grpc_server_in_flight", "RPCs that are being served.", labels=_METHOD)
        for of in list(self._methods.values()):
            started.add_metric(of.labels, of.started, of.created)
            for code, count in list(of.handled.items()):
                handled.add_metric((*of.labels, code), count, of.created)
            at_most = itertools.accumulate(list(of.within))
            seconds.add_metric(of.labels, list(zip(_BOUNDS, at_most, strict=True)), of.seconds)
            seconds.add_sample(f"{seconds.name}_created", dict(zip(_METHOD, of.labels, strict=True)), of.created)
            in_flight.add_metric(of.labels, of.in_flight)
        yield from (started, handled, seconds, in_flight)
