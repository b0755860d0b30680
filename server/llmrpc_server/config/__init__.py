"""llmrpc.yaml: what it may say (schema), how it is read (document, loading) and what holds without it (defaults)."""

from llmrpc_server.config.schema import Config, RouteSettings, ServerSettings, TimeoutSettings
from llmrpc_server.config.values import Secret, Section

__all__ = ["Config", "RouteSettings", "Secret", "Section", "ServerSettings", "TimeoutSettings"]
