"""once: builds the chain around a method at its first RPC, and begins the record of every RPC."""

from typing import Any

import grpc
from typing_extensions import override

from llmrpc_server.edge import rpc
from llmrpc_server.edge.rpc import Context
from llmrpc_server.interceptors.base import Continuation, Handler, behaviour_of, like


class OnceInterceptor(grpc.aio.ServerInterceptor):
    """Stands outermost and keeps the handler that the steps below made for each method.

    gRPC asks every interceptor for a handler at every RPC. Ours choose it by the method alone, so once is enough.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        method = handler_call_details.method
        if (handler := self._handlers.get(method)) is not None:
            return handler
        handler = await continuation(handler_call_details)
        if handler is not None:  # else gRPC answers UNIMPLEMENTED, and callers may name what they like
            handler = self._handlers[method] = _begun(handler, method)
        return handler


def _begun(handler: Handler, method: str) -> Handler:
    """Make a handler that begins the RPC's record, and whose behaviour is a coroutine function: others get a thread."""
    inner = behaviour_of(handler)

    async def behaviour(request: Any, context: Context) -> Any:
        rpc.begin(method)
        return await inner(request, context)

    return like(handler, behaviour)
