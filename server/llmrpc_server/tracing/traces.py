"""The spans of a process: one for each RPC, and below it one for each request to a provider.

Those of requests are made when the RPC is over, from what its books tell of them: so they cost the calls nothing, and
are as many, as long and as dear as the ledger says.
"""

from typing import Any

from opentelemetry import propagate
from opentelemetry.trace import SpanKind, Status, StatusCode, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from llmrpc.v1 import accounting_pb2
from llmrpc_server.config.tracing import TracingSettings
from llmrpc_server.edge.rpc import Context, Rpc
from llmrpc_server.tracing import attributes
from llmrpc_server.tracing.export import Export

# Of the others the caller is at fault; so says OpenTelemetry of a server's spans.
_OUR_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})

_W3C = TraceContextTextMapPropagator()


class Traces:
    """Begins and ends the spans of RPCs, and sends them."""

    def __init__(self, settings: TracingSettings) -> None:
        self._export = Export(settings)
        self._tracer = self._export.tracer
        self._tell_providers = settings.propagate

    async def close(self) -> None:
        """Send what is left, as far as somebody takes it soon."""
        await self._export.close()

    def begin(self, record: Rpc, context: Context) -> None:
        """Begin the span of an RPC, in the caller's trace if there is one."""
        metadata: Any = context.invocation_metadata() or ()
        said = {key: value for key, value in metadata if isinstance(value, str)}
        span = self._tracer.start_span(
            record.method.removeprefix("/"),
            propagate.extract(said),
            SpanKind.SERVER,
            attributes.of_rpc(record),
        )
        if span.is_recording():
            record.span = span
            record.trace_id = format_trace_id(span.get_span_context().trace_id)
        if self._tell_providers:
            headers: dict[str, str] = {}
            _W3C.inject(headers, set_span_in_context(span))
            record.traceparent = headers.get("traceparent", "")

    def end(self, record: Rpc, outcome: str, reason: str) -> None:
        """End the span of an RPC.

        Args:
            outcome: The name of its gRPC code.
            reason: That of its `ErrorReason`; empty for none.
        """
        span = record.span
        if span is None:
            return
        span.set_attributes(attributes.of_outcome(record, outcome, reason))
        if outcome in _OUR_FAULTS:
            span.set_status(Status(StatusCode.ERROR, reason))
        if record.call is not None:
            span.set_attributes(attributes.of_call(record.call))
            below = set_span_in_context(span)
            for attempt in record.call.attempts:
                # One under way has no end: it is that of a run that goes on without this caller.
                if attempt.HasField("duration"):
                    self._request(attempt, below)
        span.end()

    def _request(self, attempt: accounting_pb2.Attempt, below: Any) -> None:
        started = attempt.start_time.ToNanoseconds()
        span = self._tracer.start_span(
            f"{attributes.OPERATION} {attempt.target.model}",
            below,
            SpanKind.CLIENT,
            attributes.of_attempt(attempt),
            start_time=started,
        )
        if attempt.reason:
            span.set_status(Status(StatusCode.ERROR, attributes.reason_of(attempt)))
        span.end(started + attempt.duration.ToNanoseconds())
