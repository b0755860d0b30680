"""once: the steps around a method are put together at its first RPC, not at every one."""

from typing import Any

import grpc
from typing_extensions import override

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
            handler = self._handlers[method] = _awaited(handler)
        return handler


def _awaited(handler: Handler) -> Handler:
    """Make a handler whose behaviour is a coroutine function: gRPC would run any other in a thread."""
    inner = behaviour_of(handler)

    async def behaviour(request: Any, context: Context) -> Any:
        return await inner(request, context)

    return like(handler, behaviour)
