"""once: the steps around a method are put together at its first RPC; at every one, its record."""

from typing import Any

import grpc
from typing_extensions import override

from llmrpc_server import rpc
from llmrpc_server.interceptors.base import Continuation, Handler, behaviour_of, like
from llmrpc_server.rpc import Context


class OnceInterceptor(grpc.aio.ServerInterceptor):
    """Stands outermost and keeps what the steps below made of each method's handler.

    gRPC asks every interceptor anew for every RPC. Ours look at the method alone; all else they find in the RPC itself.
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
