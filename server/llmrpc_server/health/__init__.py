"""How the targets are doing, seen from this server process: who is skipped, who loses its place, who is tried again."""

from llmrpc_server.health.board import Board
from llmrpc_server.health.target import Permit, TargetHealth

__all__ = ["Board", "Permit", "TargetHealth"]
