"""telemetry: the call id, the metrics, the trace and one line in the log for every RPC, cancelled ones included."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from typing_extensions import override

from llmrpc.v1 import accounting_pb2
from llmrpc_server.edge import rpc
from llmrpc_server.edge.rpc import CALL_ID_METADATA, Context, Rpc
from llmrpc_server.errors import CallError, Internal
from llmrpc_server.interceptors.base import MODEL_CALLS, Continuation, Handler, RpcInterceptor, readable
from llmrpc_server.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from llmrpc_server.tracing.traces import Traces

_CACHE = {number: name.removeprefix("CACHE_STATUS_") for name, number in accounting_pb2.CacheStatus.items()}

# Probes come every second and say nothing.
_QUIET = "/grpc.health.v1.Health/"


class TelemetryInterceptor(RpcInterceptor):
    """Observes every RPC.

    Args:
        traces: None: there are none.
    """

    def __init__(self, metrics: Metrics, traces: "Traces | None" = None) -> None:
        self._metrics = metrics
        self._traces = traces
        # Bound now, not for every line.
        self._log = structlog.get_logger().bind()

    @override
    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        async def readable_below(details: grpc.HandlerCallDetails) -> Handler:
            return readable(await continuation(details))

        return await super().intercept_service(readable_below, handler_call_details)

    @override
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        outcome, reason = Internal.code.name, "INTERNAL"
        self._metrics.rpcs.started(record.method)
        if self._traces is not None and not record.method.startswith(_QUIET):
            self._traces.begin(record, context)
        try:
            if record.method not in MODEL_CALLS:  # those are committed by the edge, in its own time
                await context.send_initial_metadata(((CALL_ID_METADATA, record.call_id),))
            result = await proceed()
            outcome, reason = "OK", ""
        except CallError as error:
            outcome, reason = error.code.name, error.reason_name
            raise
        except grpc.aio.AbortError:
            outcome, reason = context.code().name, ""
            raise
        except asyncio.CancelledError:
            if rpc.cancelled(record):
                outcome = reason = "CANCELLED"
            raise
        finally:
            self._finished(record, outcome, reason)
        return result

    def _finished(self, record: Rpc, outcome: str, reason: str) -> None:
        seconds = time.monotonic() - record.started
        self._metrics.rpcs.finished(record.method, outcome, seconds)
        if record.call is not None:
            self._metrics.call_finished(record.call)
        if self._traces is not None:
            self._traces.end(record, outcome, reason)
        if not record.method.startswith(_QUIET):
            self._log.info("rpc", **_line(record, outcome, reason, seconds))


def _line(record: Rpc, outcome: str, reason: str, seconds: float) -> dict[str, Any]:
    line: dict[str, Any] = {
        "call_id": record.call_id,
        "method": record.method.removeprefix("/"),
        "code": outcome,
        "ms": round(seconds * 1000, 1),
        "tenant": record.principal.tenant,
    }
    if record.principal.key:
        line["key"] = record.principal.key
    if reason:
        line["reason"] = reason
    if record.trace_id:
        line["trace_id"] = record.trace_id
    call = record.call
    if call is not None and call.cache.status != accounting_pb2.CACHE_STATUS_BYPASS:
        line["cache"] = _CACHE.get(call.cache.status, "")
    if call is not None and call.attempts:
        attempt = call.attempt
        line["target"] = f"{attempt.target.provider}/{attempt.target.model}"
        line["attempts"] = len(call.attempts)
        line["input_tokens"] = attempt.usage.input_tokens
        line["output_tokens"] = attempt.usage.output_tokens
    return line
