"""The two kinds of step that an RPC passes through.

Both are `grpc.aio.ServerInterceptor`s, so that the server's one list shows their order. An `RpcInterceptor` surrounds
every RPC and sees gRPC's context; a `CallInterceptor` surrounds calls to models alone and sees a `Call`. Each is
written once for unary and streaming: outside the edge by driving the handler, below it because a whole answer is a
stream of one. Below the edge a handler takes the call alone: gRPC never runs it.
"""

import abc
import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.edge import rpc
from llmrpc_server.edge.rpc import Context, Rpc
from llmrpc_server.errors import InvalidRequest

# grpc's stubs know the handlers of its synchronous server alone.
Handler: TypeAlias = Any
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]
Proceed = Callable[[Call], Events]

MODEL_CALLS = frozenset(f"/llmrpc.v1.CompletionService/{method}" for method in ("Complete", "StreamComplete"))


class RpcInterceptor(grpc.aio.ServerInterceptor, abc.ABC):
    """A step around every RPC."""

    @abc.abstractmethod
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        """Do the step's work and `return await proceed()`, which answers the RPC or raises."""

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap a method's handler."""
        handler = await continuation(handler_call_details)
        if handler is None:  # grpc answers UNIMPLEMENTED by itself
            return handler
        return self._wrap(handler)

    def _wrap(self, handler: Handler) -> Handler:
        inner = behaviour_of(handler)

        def behaviour(request: Any, context: Context) -> Awaitable[Any]:
            return self.around(rpc.current(), context, functools.partial(inner, request, context))

        return like(handler, behaviour)


class CallInterceptor(grpc.aio.ServerInterceptor, abc.ABC):
    """A step around every call to a model."""

    @abc.abstractmethod
    def step(self, call: Call, proceed: Proceed) -> Events:
        """Return the events of the call: `proceed(call)`'s own where there is nothing to do."""

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handler of a method that calls a model; others pass."""
        handler = await continuation(handler_call_details)
        if handler_call_details.method not in MODEL_CALLS:
            return handler
        return self._wrap(handler)

    def _wrap(self, handler: Handler) -> Handler:
        behaviour = functools.partial(self.step, proceed=handler.unary_stream)
        return grpc.unary_stream_rpc_method_handler(
            behaviour, handler.request_deserializer, handler.response_serializer
        )


def readable(handler: Handler) -> Handler:
    """Make a handler that refuses bytes that are not its message: grpc would answer with an exception's words."""
    if handler is None or handler.request_streaming:
        return handler
    inner, deserialize = behaviour_of(handler), handler.request_deserializer

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            return None

    def behaviour(request: Any, context: Context) -> Awaitable[Any]:
        """Refuse, or go on."""
        if request is None:
            raise InvalidRequest("the request's bytes are not the message that this method takes")
        return inner(request, context)  # type: ignore[no-any-return]

    return like(handler, behaviour, read)


def behaviour_of(handler: Handler) -> Any:
    """Return the handler's behaviour as one to be awaited: a stream's writes its messages to the context."""
    inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    if not inspect.isasyncgenfunction(inner):
        return inner

    async def drive(request: Any, context: Context) -> None:
        async with contextlib.aclosing(inner(request, context)) as messages:
            async for message in messages:
                await context.write(message)

    return drive


def like(
    handler: Handler, behaviour: Callable[[Any, Context], Awaitable[Any]], read: Callable[[bytes], Any] | None = None
) -> Handler:
    """Make a handler of the same kind with another behaviour, and perhaps another way to read requests."""
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    return make(behaviour, read or handler.request_deserializer, handler.response_serializer)
