"""Where counters are: in memcached where the configuration names servers, so that all processes see them."""

from llmrpc_server.config import CacheSettings
from llmrpc_server.rate_limits.counters import Counters
from llmrpc_server.rate_limits.memcached import MemcachedCounters
from llmrpc_server.rate_limits.process import ProcessCounters


def counters_at(settings: CacheSettings) -> Counters:
    """Make the counters of this server process; the names of servers that only keep answers may be no good for it."""
    if settings.memcached:
        return MemcachedCounters(settings.memcached, settings.namespace)
    return ProcessCounters()
