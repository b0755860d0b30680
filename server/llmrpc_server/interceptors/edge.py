"""edge: the seam between gRPC and the chain below, which sees a Call and never gRPC's context.

It keeps three promises. Commit: initial metadata goes out just before the first request to a provider; errors before
that are trailers-only, which a mesh or a gRPC client may retry. Deadline: the call ends a little before the RPC does,
so that the status with its details arrives. Streams: events are numbered, and exactly one `completed` stands last if
and only if the status is OK.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import grpc
from typing_extensions import override

from llmrpc.v1 import completion_pb2
from llmrpc_server import rpc
from llmrpc_server.call import Call, Event, Events, closing
from llmrpc_server.errors import CallError, DeadlineExceeded, Internal
from llmrpc_server.interceptors.base import MODEL_CALLS, Context, Continuation, Handler, Proceed
from llmrpc_server.rpc import CALL_ID_METADATA, Rpc

# Time for a status to reach the caller before its own clock runs out.
MARGIN_SECONDS = 0.05


class EdgeInterceptor(grpc.aio.ServerInterceptor):
    """Turns an RPC into a Call, and the Call's events into the RPC's answer."""

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if method not in MODEL_CALLS:
            return handler
        inner = handler.unary_stream

        def events(call: Call) -> Events:
            return cast("Events", inner(call.request, call))

        async def complete(request: completion_pb2.CompleteRequest, context: Context) -> Any:
            call = _open(rpc.current(method), request, context, streaming=False)
            with _books(call):
                return await _answer(call, events)

        async def stream(request: completion_pb2.CompleteRequest, context: Context) -> None:
            call = _open(rpc.current(method), request, context, streaming=True)
            with _books(call):
                await _forward(call, events, context)

        if method.endswith("/StreamComplete"):
            return grpc.unary_stream_rpc_method_handler(
                stream, handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            complete, handler.request_deserializer, completion_pb2.CompleteResponse.SerializeToString
        )


def _open(record: Rpc, request: completion_pb2.CompleteRequest, context: Context, *, streaming: bool) -> Call:
    """Make the Call of an RPC."""
    remaining = cast("float | None", context.time_remaining())  # None where the caller set no deadline
    now = asyncio.get_running_loop().time()

    async def commit() -> None:
        if not record.committed:
            record.committed = True
            await context.send_initial_metadata(((CALL_ID_METADATA, record.call_id),))

    record.call = Call(
        id=record.call_id,
        request=request,
        streaming=streaming,
        principal=record.principal,
        commit=commit,
        deadline=None if remaining is None else now + max(remaining - MARGIN_SECONDS, 0),
        started=record.started,
    )
    return record.call


@contextmanager
def _books(call: Call) -> Iterator[None]:
    """Give an error on its way out the books of a call that reached a provider."""
    try:
        yield
    except CallError as error:
        if call.attempts:
            error.failure = completion_pb2.CompletionFailure(
                accounting=call.accounting(), output_sent=call.streaming and call.first_output is not None
            )
        raise


@asynccontextmanager
async def _until(deadline: float | None) -> AsyncIterator[None]:
    """End what takes longer than until a time on the event loop's clock."""
    try:
        async with asyncio.timeout_at(deadline) as scope:
            yield
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise DeadlineExceeded("the call's deadline passed") from error


async def _answer(call: Call, proceed: Proceed) -> completion_pb2.CompleteResponse:
    """Drain the call's events; the last one is the answer."""
    async with closing(proceed(call)) as events, _until(call.deadline):
        async for event in events:
            if event.HasField("completed"):
                return _finished(event, call).completed
    raise Internal("internal error")


async def _forward(call: Call, proceed: Proceed, context: Context) -> None:
    """Write the call's events to the caller, numbered, StreamStarted before the first."""
    sequence = 0
    completed = False
    async with closing(proceed(call)) as events:
        while not completed:
            # Not around the write: gRPC cannot send a status after a write that was broken off. A caller who does not
            # read meets the RPC's own deadline there.
            async with _until(call.deadline):
                event = await anext(events, None)
            if event is None:
                raise Internal("internal error")
            if not sequence:
                sequence = 1
                await context.write(_started(call))
            if completed := event.HasField("completed"):
                _finished(event, call)
            sequence += 1
            event.sequence = sequence
            await context.write(event)


def _started(call: Call) -> Event:
    started = completion_pb2.StreamStarted(call_id=call.id, target=call.attempts[0].target if call.attempts else None)
    started.cache_status = call.accounting().cache.status
    return Event(sequence=1, started=started)


def _finished(event: Event, call: Call) -> Event:
    """Put the call's books and warnings into its answer."""
    answer = event.completed
    answer.accounting.CopyFrom(call.accounting())
    if call.attempts:
        answer.accounting.target.CopyFrom(call.attempt.target)
    answer.warnings.extend(call.warnings)
    return event
