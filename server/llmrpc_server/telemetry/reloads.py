"""Whether the server goes by what its file says, under the names that Prometheus has for its own file."""

import time

from prometheus_client import CollectorRegistry, Gauge


class Reloads:
    """What became of the configuration when it was read last.

    Args:
        registry: Where Prometheus looks.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._good = Gauge(
            "llmrpc_config_last_reload_successful",
            "Whether the configuration was taken when it was read last: 1, or 0 where the one before stays.",
            registry=registry,
        )
        self._moment = Gauge(
            "llmrpc_config_last_reload_success_timestamp_seconds",
            "When the configuration that holds was read, in seconds since 1970.",
            registry=registry,
        )
        self.taken()

    def taken(self) -> None:
        """Note that what was read holds from now on."""
        self._good.set(1)
        self._moment.set(time.time())

    def refused(self) -> None:
        """Note that the one before stays."""
        self._good.set(0)
