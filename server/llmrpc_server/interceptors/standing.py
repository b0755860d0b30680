"""standing: ends what only its caller would end when the process goes away: such streams would hold up a drain."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from typing_extensions import override

from llmrpc_server.edge.rpc import Context, Rpc
from llmrpc_server.errors import ShuttingDown
from llmrpc_server.interceptors.base import Continuation, Handler, RpcInterceptor

METHODS = frozenset(
    {
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/llmrpc.v1.ModelService/WatchProviderHealth",
    }
)


class StandingInterceptor(RpcInterceptor):
    """Ends watches and reflection with UNAVAILABLE, so that whoever watches turns to another process."""

    def __init__(self) -> None:
        self._running: set[asyncio.Timeout] = set()
        self._closed = False

    def close(self) -> None:
        """End all of them, and from now on each that comes."""
        self._closed = True
        for running in self._running:
            running.reschedule(0)

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handlers of such streams; others pass."""
        if handler_call_details.method not in METHODS:
            return await continuation(handler_call_details)
        return await super().intercept_service(continuation, handler_call_details)

    @override
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        try:
            async with asyncio.timeout(0 if self._closed else None) as running:
                self._running.add(running)
                try:
                    return await proceed()
                finally:
                    self._running.discard(running)
        except TimeoutError:
            raise ShuttingDown("this server process is going away") from None
