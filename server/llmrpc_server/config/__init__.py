"""llmrpc.yaml: what it may say (schema), how it is read (document, loading) and what holds without it (defaults)."""

from llmrpc_server.config.schema import (
    BreakerSettings,
    Config,
    FallbackSettings,
    GateSettings,
    LimitSettings,
    RetrySettings,
    RouteSettings,
    Secret,
    Section,
    ServerSettings,
    TargetSettings,
    TimeoutSettings,
)

__all__ = [
    "BreakerSettings",
    "Config",
    "FallbackSettings",
    "GateSettings",
    "LimitSettings",
    "RetrySettings",
    "RouteSettings",
    "Secret",
    "Section",
    "ServerSettings",
    "TargetSettings",
    "TimeoutSettings",
]
