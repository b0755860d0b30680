"""Where counters are: in memcached where the configuration names servers, so that all processes see them."""

from llmrpc_server.config import CacheSettings, LimitSettings
from llmrpc_server.rate_limits.counters import Counters
from llmrpc_server.rate_limits.memcached import MemcachedCounters
from llmrpc_server.rate_limits.process import ProcessCounters


def counters_at(settings: CacheSettings, limits: LimitSettings) -> Counters:
    """Make the counters of this server process."""
    # Without rates nothing is counted, and the names may be those of servers that only keep answers.
    if settings.memcached and limits.rates:
        return MemcachedCounters(settings.memcached, settings.namespace)
    return ProcessCounters()
