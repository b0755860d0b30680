"""A collector of traces for tests: OpenTelemetry's own service, over gRPC."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from typing_extensions import override


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent.

    Attributes:
        address: Where it is.
        resources: What the spans are of, once a batch.
        spans: All spans, as they came.
        metadata: Of the last batch.
    """

    def __init__(self) -> None:
        self.address = ""
        self.resources: list[dict[str, Any]] = []
        self.spans: list[Span] = []
        self.metadata: dict[str, str] = {}

    @override
    def Export(  # the service's own name
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        """Take a batch."""
        self.metadata = {key: str(value) for key, value in context.invocation_metadata()}
        for sent in request.resource_spans:
            self.resources.append(values(sent.resource.attributes))
            self.spans += [span for scope in sent.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def rpc(self) -> Span:
        """The only span of an RPC."""
        [span] = [span for span in self.spans if span.kind == Span.SPAN_KIND_SERVER]
        return span

    @property
    def requests(self) -> list[Span]:
        """The spans of requests to providers, the first one first."""
        found = [span for span in self.spans if span.kind == Span.SPAN_KIND_CLIENT]
        return sorted(found, key=lambda span: span.start_time_unix_nano)


@contextmanager
def collecting(port: int = 0) -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(max_workers=2), options=[("grpc.so_reuseport", 0)])
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(collector, server)
    collector.address = f"http://127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()


def values(attributes: Any) -> dict[str, Any]:
    """Read attributes as plain values."""
    return {pair.key: _value(pair) for pair in attributes}


def _value(pair: KeyValue) -> Any:
    return getattr(pair.value, str(pair.value.WhichOneof("value")))
