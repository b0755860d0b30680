"""edge: the seam between gRPC and the chain below, which sees a Call and never gRPC's context.

It keeps three promises. Commit: initial metadata goes out just before the first request to a provider; errors before
that are trailers-only, which a mesh or a gRPC client may retry. Deadline: the call ends a little before the RPC does,
so that the status with its details arrives. Streams: events are numbered, and exactly one `completed` stands last if
and only if the status is OK.
"""

import asyncio
from contextlib import aclosing
from typing import Any

import grpc
from typing_extensions import override

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call, Event
from llmrpc_server.departure import Departure
from llmrpc_server.edge import rpc
from llmrpc_server.edge.caller import Caller
from llmrpc_server.edge.rpc import Context, Rpc
from llmrpc_server.errors import CallError, DeadlineExceeded, Internal, ShuttingDown
from llmrpc_server.interceptors.base import MODEL_CALLS, Continuation, Handler, Proceed
from llmrpc_server.margin import Margin

_CUT_OFF = DeadlineExceeded, ShuttingDown


class EdgeInterceptor(grpc.aio.ServerInterceptor):
    """Turns an RPC into a Call, and the Call's events into the RPC's answer."""

    def __init__(self, departure: Departure) -> None:
        self._departure = departure
        self._margin = Margin()

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        handler = await continuation(handler_call_details)
        if handler_call_details.method not in MODEL_CALLS:
            return handler
        return self._wrap(handler, handler_call_details.method)

    def _wrap(self, handler: Handler, method: str) -> Handler:
        events: Proceed = handler.unary_stream

        async def complete(request: completion_pb2.CompleteRequest, context: Context) -> Any:
            caller, call = self._open(rpc.current(), request, context, streaming=False)
            try:
                return await _answer(call, events, caller)
            except (*_CUT_OFF, asyncio.CancelledError) as error:
                self._margin.ended(caller.overdue(error))
                raise _told(call, error) from None

        async def stream(request: completion_pb2.CompleteRequest, context: Context) -> None:
            caller, call = self._open(rpc.current(), request, context, streaming=True)
            try:
                await _forward(call, events, caller)
            except (*_CUT_OFF, asyncio.CancelledError) as error:
                self._margin.ended(caller.overdue(error))
                raise _told(call, error) from None

        if method.endswith("/StreamComplete"):
            return grpc.unary_stream_rpc_method_handler(
                stream, handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            complete, handler.request_deserializer, completion_pb2.CompleteResponse.SerializeToString
        )

    def _open(
        self, record: Rpc, request: completion_pb2.CompleteRequest, context: Context, *, streaming: bool
    ) -> tuple[Caller, Call]:
        """Make the two sides of an RPC: its caller, and the call."""
        caller = Caller(record, context, self._departure)
        remaining: float | None = context.time_remaining()  # None where the caller set no deadline
        now = asyncio.get_running_loop().time()
        record.call = Call(
            id=record.call_id,
            request=request,
            streaming=streaming,
            principal=record.principal,
            commit=caller.commit,
            deadline=None if remaining is None else now + remaining - self._margin.of(remaining),
            started=record.started,
            trace_id=record.trace_id,
            traceparent=record.traceparent,
        )
        return caller, record.call


def _told(call: Call, error: BaseException) -> BaseException:
    """Return what the caller is told: if the call had failed already, and waited for its book, what stands there."""
    failure, call.failure = call.failure, None
    return failure if failure is not None and isinstance(error, CallError) else error


async def _answer(call: Call, proceed: Proceed, caller: Caller) -> completion_pb2.CompleteResponse:
    """Drain the call's events; the last one is the answer."""
    async with aclosing(proceed(call)) as events, caller.until(call.deadline):
        async for event in events:
            if event.HasField("completed"):
                return _finished(event, call).completed
    raise Internal


async def _forward(call: Call, proceed: Proceed, caller: Caller) -> None:
    """Write the call's events to the caller, numbered, StreamStarted before the first."""
    sequence = 0
    async with aclosing(proceed(call)) as events, caller.until(call.deadline):
        async for event in events:
            if not sequence:
                sequence = 1
                await caller.write(_started(call))
            if completed := event.HasField("completed"):
                _finished(event, call)
            sequence += 1
            event.sequence = sequence
            await caller.write(event)
            if completed:
                return
    raise Internal


def _started(call: Call) -> Event:
    started = completion_pb2.StreamStarted(
        call_id=call.id,
        target=call.attempts[0].target if call.attempts else call.answered_by,
        cache_status=call.cache.status,
    )
    return Event(sequence=1, started=started)


def _finished(event: Event, call: Call) -> Event:
    """Put the call's books and warnings into its answer."""
    answer = event.completed
    answer.accounting.CopyFrom(call.accounting())
    answer.warnings.extend(call.warnings)
    return event
