"""llmrpc.yaml: what it may say (schema), how it is read (document, loading) and what holds without it (defaults)."""

from llmrpc_server.config.cache import CacheSettings, RouteCacheSettings
from llmrpc_server.config.schema import (
    BreakerSettings,
    Config,
    FallbackSettings,
    GateSettings,
    LimitSettings,
    RetrySettings,
    RouteSettings,
    ServerSettings,
    TargetSettings,
    TimeoutSettings,
)
from llmrpc_server.config.values import Secret, Section

__all__ = [
    "BreakerSettings",
    "CacheSettings",
    "Config",
    "FallbackSettings",
    "GateSettings",
    "LimitSettings",
    "RetrySettings",
    "RouteCacheSettings",
    "RouteSettings",
    "Secret",
    "Section",
    "ServerSettings",
    "TargetSettings",
    "TimeoutSettings",
]
