"""current: hands every RPC to the chain of the configuration that holds when it begins, and begins its record."""

import functools
from collections.abc import Sequence
from typing import Any

import grpc
from typing_extensions import override

from llmrpc_server.edge import rpc
from llmrpc_server.edge.rpc import Context
from llmrpc_server.interceptors.base import Continuation, Handler, behaviour_of, like


class CurrentInterceptor(grpc.aio.ServerInterceptor):
    """Stands outermost and keeps the handler that the steps below made for each method.

    gRPC asks every interceptor for a handler at every RPC. Ours choose it by the method alone, so once is enough for a
    configuration; and gRPC takes its interceptors and services when the server is made, and no others later.
    """

    def __init__(self) -> None:
        self._chain: Sequence[grpc.aio.ServerInterceptor] = ()
        self._services: Sequence[grpc.GenericRpcHandler] = ()
        self._handlers: dict[str, Handler] = {}

    def hand_to(self, chain: Sequence[grpc.aio.ServerInterceptor], services: Sequence[grpc.GenericRpcHandler]) -> None:
        """Hand RPCs to other steps, outermost first, around other services; those under way go on where they are."""
        self._chain, self._services, self._handlers = chain, services, {}

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        method = handler_call_details.method
        if (handler := self._handlers.get(method)) is not None:
            return handler
        handlers = self._handlers
        handler = await self._through_the_chain(continuation)(handler_call_details)
        if handler is not None:  # else gRPC answers UNIMPLEMENTED, and callers may name what they like
            handler = handlers[method] = _begun(handler, method)
        return handler

    def _through_the_chain(self, continuation: Continuation) -> Continuation:
        services = self._services

        async def find(details: grpc.HandlerCallDetails) -> Handler:
            """Find the handler here, or among those that every configuration has."""
            found = (service.service(details) for service in services)
            return next((handler for handler in found if handler is not None), None) or await continuation(details)

        way: Continuation = find
        for step in reversed(self._chain):
            way = functools.partial(step.intercept_service, way)
        return way


def _begun(handler: Handler, method: str) -> Handler:
    """Make a handler that begins the RPC's record, and whose behaviour is a coroutine function: others get a thread."""
    inner = behaviour_of(handler)

    async def behaviour(request: Any, context: Context) -> Any:
        rpc.begin(method)
        return await inner(request, context)

    return like(handler, behaviour)
