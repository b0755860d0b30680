"""llmrpc.yaml: what it may say (schema, values), how it is read (document, loading), what holds without it."""

from llmrpc_server.config.budgets import BudgetSettings
from llmrpc_server.config.cache import CacheSettings, RouteCacheSettings
from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.limits import GateSettings, LimitSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.schema import (
    BreakerSettings,
    Config,
    FallbackSettings,
    RetrySettings,
    RouteSettings,
    ServerSettings,
    TargetSettings,
    TimeoutSettings,
)
from llmrpc_server.config.values import Secret, Section

__all__ = [
    "BreakerSettings",
    "BudgetSettings",
    "CacheSettings",
    "Config",
    "FallbackSettings",
    "GateSettings",
    "LedgerSettings",
    "LimitSettings",
    "PriceSettings",
    "RetrySettings",
    "RouteCacheSettings",
    "RouteSettings",
    "Secret",
    "Section",
    "ServerSettings",
    "TargetSettings",
    "TimeoutSettings",
]
