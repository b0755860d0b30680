"""llmrpc.yaml.

schema, a file for each section, and values: what it may say.
document, loading: how it is read; cross_checks, salvage, suggestions, wording: every problem in it, told at once.
defaults: what holds without a file.
source, fixed: whether the file is another one by now, and what of it a running server cannot go over to.
"""

from llmrpc_server.config.breaker import BreakerSettings
from llmrpc_server.config.budgets import BudgetSettings
from llmrpc_server.config.cache import CacheSettings, RouteCacheSettings
from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.limits import GateSettings, LimitSettings
from llmrpc_server.config.output import OutputSettings, RouteOutputSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.routes import (
    FallbackSettings,
    RetrySettings,
    RouteSettings,
    TargetSettings,
    TimeoutSettings,
)
from llmrpc_server.config.schema import Config
from llmrpc_server.config.server import ServerSettings
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
    "OutputSettings",
    "PriceSettings",
    "RetrySettings",
    "RouteCacheSettings",
    "RouteOutputSettings",
    "RouteSettings",
    "Secret",
    "Section",
    "ServerSettings",
    "TargetSettings",
    "TimeoutSettings",
]
