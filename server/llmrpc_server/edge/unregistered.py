"""Adds generated services without registering their methods, which every RPC of the server would pay for."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc


class Unregistered:
    """Takes the server's place where a generated `add_..._to_server` adds its handlers.

    Generated code registers each method, too. At every RPC of any method grpc.aio then starts and cancels a wait for
    each registered one: 40 us for those of health and reflection. The server finds the handlers without.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Add the handlers; the server asks each whether a method is its own."""
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Register nothing."""
