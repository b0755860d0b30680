"""standing: streams that go on until their caller leaves end when the process goes away: they would hold up a drain."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from typing_extensions import override

from llmrpc_server.interceptors.base import Continuation, Handler, RpcInterceptor
from llmrpc_server.rpc import Context, Rpc
from llmrpc_server.standing import Standing

METHODS = frozenset(
    {
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/llmrpc.v1.ModelService/WatchProviderHealth",
    }
)


class StandingInterceptor(RpcInterceptor):
    """Ends them with UNAVAILABLE, so that who watches turns to another process."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

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
        return await self._standing.until_closed(proceed())
