"""llmrpc.yaml: what it may say (schema, values), how it is read (document, loading) and what holds without it."""

from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.schema import Config, RouteSettings, ServerSettings, TimeoutSettings
from llmrpc_server.config.values import Secret, Section

__all__ = [
    "Config",
    "LedgerSettings",
    "PriceSettings",
    "RouteSettings",
    "Secret",
    "Section",
    "ServerSettings",
    "TimeoutSettings",
]
