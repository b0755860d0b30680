"""How the targets are doing, seen from this server process: who is skipped, who loses its place, who is tried again."""

from llmrpc_server.health.board import Board
from llmrpc_server.health.change_log import log_change
from llmrpc_server.health.permit import admit
from llmrpc_server.health.serving import RouteHealth
from llmrpc_server.health.target import TargetHealth

__all__ = ["Board", "RouteHealth", "TargetHealth", "admit", "log_change"]
