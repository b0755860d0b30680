"""Spans on their way to a collector: in batches, by a thread of their own; no call waits for them."""

import asyncio
import importlib.metadata
import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Tracer
from typing_extensions import override

from llmrpc_server.config.tracing import TracingSettings

log = structlog.get_logger()

# Of the SDK's own name for a service that has none.
_UNNAMED = "unknown_service"
# What a collector that hangs may add to the end of the process.
_LAST_SECONDS = 2.0


class Export:
    """Takes spans and sends them.

    Attributes:
        tracer: Makes the spans.
    """

    def __init__(self, settings: TracingSettings) -> None:
        said = _LastWord()
        self._exporter = OTLPSpanExporter(endpoint=settings.endpoint)
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(settings.sample), resource=_resource(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(_Watched(self._exporter, said)))
        self.tracer: Tracer = self._provider.get_tracer("llmrpc")

    async def close(self) -> None:
        """Send what is left, as far as somebody takes it soon."""
        closing = asyncio.create_task(asyncio.to_thread(self._provider.shutdown))
        await asyncio.wait((closing,), timeout=_LAST_SECONDS)
        # Ends what is under way; nothing if all is sent.
        self._exporter.shutdown()
        await closing


class _LastWord(logging.Handler):
    """Keeps what the SDK logged last: it does so for every batch, as text, and to nobody's order.

    Attributes:
        text: That; empty while it has said nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        logger = logging.getLogger("opentelemetry")
        logger.handlers, logger.propagate = [self], False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


class _Watched(SpanExporter):
    """Logs that spans do not arrive, and that they do again; those of that time are lost."""

    def __init__(self, exporter: SpanExporter, said: _LastWord) -> None:
        self._exporter = exporter
        self._said = said
        self._failing = False

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - whatever it is, and whichever part of the SDK raises it
            self._said.text = repr(error)
            result = SpanExportResult.FAILURE
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self._failing:
            log.warning("traces are lost", reason=self._said.text)
        elif self._failing and not failed:
            log.info("traces arrive again")
        self._failing = failed
        return result

    @override
    def shutdown(self) -> None:
        self._exporter.shutdown()


def _resource() -> Resource:
    """Say what the spans are of; the environment's OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before."""
    version = {SERVICE_VERSION: importlib.metadata.version("llmrpc")}
    found = Resource(version).merge(Resource.create())
    if str(found.attributes[SERVICE_NAME]).startswith(_UNNAMED):
        return found.merge(Resource({SERVICE_NAME: "llmrpc"}))
    return found
