"""The section `tracing`: where traces go, and of which calls."""

from typing import Annotated

from pydantic import Field

from llmrpc_server.config.values import HttpAddress, Section


class TracingSettings(Section):
    """Where traces go, and of which calls. The environment's OTEL_* variables say all else.

    Attributes:
        endpoint: A collector that speaks OTLP over gRPC; unset: OpenTelemetry's own default, which
            OTEL_EXPORTER_OTLP_ENDPOINT changes.
        sample: The share of traces that are recorded, 0 to 1, of those that begin here; who began one has decided.
        propagate: Tell providers the trace of each request, in the header `traceparent`.
    """

    endpoint: HttpAddress | None = None
    sample: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    propagate: bool = False
