"""Traces, as OpenTelemetry has them; its packages are imported only where the configuration asks for them.

traces: a span for each RPC, and below it one for each request to a provider.
attributes: what stands on them.
export: where they go, and what becomes of them when nobody takes them.
"""

from typing import TYPE_CHECKING

from llmrpc_server.config.loading import BadSetting

if TYPE_CHECKING:
    from llmrpc_server.tracing.traces import Traces


def load() -> "type[Traces]":
    """Import what makes traces.

    Raises:
        BadSetting: The extra `otel` is not installed.
    """
    try:
        from llmrpc_server.tracing.traces import Traces
    except ImportError as error:
        raise BadSetting(("tracing",), "needs OpenTelemetry: pip install 'llmrpc[otel]'") from error
    return Traces
