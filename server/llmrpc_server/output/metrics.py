"""What became of answers that had to have a shape, for Prometheus."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter

from llmrpc.v1 import completion_pb2


class Outcome(StrEnum):
    """What followed from a check."""

    PASSED = "passed"
    # The model had been asked again before.
    REPAIRED = "repaired"
    ASKED_AGAIN = "asked_again"
    FAILED = "failed"


class OutputMetrics:
    """Counts by shape: its kind, and the name of a parser; both are the configuration's.

    Args:
        registry: Where Prometheus looks.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._checks = Counter(
            "llmrpc_output_checks",
            "Answers that were checked against the shape that was asked for, by what followed.",
            ("format", "parser", "outcome"),
            registry=registry,
        )
        self._partials = Counter(
            "llmrpc_output_partials",
            "Values that streams told of answers that still grew.",
            ("format", "parser"),
            registry=registry,
        )

    def checked(self, output: completion_pb2.OutputFormat, outcome: Outcome) -> None:
        """Count an answer that was checked."""
        self._checks.labels(*_shape(output), outcome).inc()

    def partial(self, output: completion_pb2.OutputFormat) -> None:
        """Count a partial value."""
        self._partials.labels(*_shape(output)).inc()


def _shape(output: completion_pb2.OutputFormat) -> tuple[str, str]:
    return output.WhichOneof("format") or "", output.parser
