"""How a call may use the cache: what it asks for itself, and else what its route says."""

from dataclasses import dataclass

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.config.cache import CacheSettings

_BYPASS = completion_pb2.CACHE_MODE_BYPASS
_REFRESH = completion_pb2.CACHE_MODE_REFRESH
_ONLY_IF_CACHED = completion_pb2.CACHE_MODE_ONLY_IF_CACHED
_AS_THE_ROUTE_SAYS = completion_pb2.CACHE_MODE_UNSPECIFIED


@dataclass(slots=True)
class Use:
    """What a call may do with the cache.

    Attributes:
        read: Be answered by a stored answer, or join an identical call.
        write: Have its answer stored.
        ttl: For how long, in seconds.
        shared: With which key: one for all tenants, or its own tenant's.
    """

    read: bool
    write: bool
    ttl: float
    shared: bool


def use_of(call: Call, settings: CacheSettings) -> Use | None:
    """Return what a call may do with the cache; None for nothing."""
    policy, route = call.request.cache, call.plan.route.cache
    mode = policy.mode
    if mode == _BYPASS or (mode == _AS_THE_ROUTE_SAYS and (route is None or _sampled(call))):
        return None
    if policy.HasField("ttl"):
        ttl = policy.ttl.ToNanoseconds() / 1e9
    else:
        ttl = (settings.ttl if route is None or route.ttl is None else route.ttl).total_seconds()
    return Use(
        read=mode != _REFRESH,
        write=mode != _ONLY_IF_CACHED,
        ttl=min(ttl, settings.max_ttl.total_seconds()),
        shared=route is not None and route.shared,
    )


def _sampled(call: Call) -> bool:
    """Return whether the call asks for chance: the same answer twice is then not what it wants."""
    return call.request.config.temperature > 0
