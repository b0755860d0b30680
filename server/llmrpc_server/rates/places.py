"""Where counters are: in memcached where the configuration names servers, so that all processes see them."""

from llmrpc_server.config import CacheSettings
from llmrpc_server.rates.counters import Counters
from llmrpc_server.rates.memcached import MemcachedCounters
from llmrpc_server.rates.process import ProcessCounters


def counters_at(settings: CacheSettings) -> Counters:
    """Make the counters of this server process."""
    if settings.memcached:
        return MemcachedCounters(settings.memcached, settings.namespace)
    return ProcessCounters()
