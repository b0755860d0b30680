"""What Prometheus collects of the ledger."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from llmrpc_server.ledger.journal.backlog import Backlog


class LedgerMetrics(Collector):
    """Looks at the backlog when it is asked."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield the series as they are now."""
        yield GaugeMetricFamily(
            "llmrpc_ledger_up",
            "Whether the ledger's database answered when it was asked last.",
            float(not self._backlog.down),
        )
        yield GaugeMetricFamily(
            "llmrpc_ledger_waiting_books",
            "Books of calls that are over, which the ledger's database does not have yet.",
            self._backlog.waiting,
        )
