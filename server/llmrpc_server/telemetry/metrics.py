"""The server's Prometheus metrics. RPCs have the names of the gRPC ecosystem, calls those of OpenTelemetry's GenAI.

Labels hold only what the configuration bounds; a caller cannot make new series.
"""

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from llmrpc.v1 import accounting_pb2, error_reason_pb2, model_pb2
from llmrpc_server.call import Call
from llmrpc_server.health import TargetHealth
from llmrpc_server.money import UNIT, picos_of
from llmrpc_server.telemetry.rpc_counts import SECONDS, RpcCounts

_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
_TARGET = ("gen_ai_provider_name", "gen_ai_request_model")


class Metrics:
    """What one server process counts, in a registry of its own.

    Args:
        targets: Provider and model of the configuration's targets; all other models count as "other".

    Attributes:
        registry: Where Prometheus looks.
        rpcs: Counts all RPCs.
    """

    def __init__(self, targets: Iterable[tuple[str, str]]) -> None:
        self._targets = frozenset(targets)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.rpcs = RpcCounts()
        self.registry.register(self.rpcs)
        self._uncounted = Counter(
            "llmrpc_limits_uncounted",
            "Calls that were let in while the counters of limits did not answer.",
            registry=self.registry,
        )
        self._first_output = Histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "From a streamed call's arrival to its first output.",
            _TARGET,
            buckets=SECONDS,
            registry=self.registry,
        )
        self._tokens = Histogram(
            "gen_ai_client_token_usage",
            "Tokens of a call, as its provider counts them.",
            (*_TARGET, "gen_ai_token_type"),
            buckets=_TOKENS,
            registry=self.registry,
        )
        self._attempts = Counter(
            "llmrpc_attempts",
            "Requests to providers that ended, by how: ok, or the reason.",
            (*_TARGET, "outcome"),
            registry=self.registry,
        )
        self._retries = Counter(
            "llmrpc_repeated_attempts",
            "Attempts that were not a call's first, by cause.",
            (*_TARGET, "cause"),
            registry=self.registry,
        )
        self._state = Gauge(
            "llmrpc_target_state",
            "How a target is doing: 1 for the state that it is in.",
            (*_TARGET, "state"),
            registry=self.registry,
        )

        self._cost = Counter(
            "llmrpc_cost",
            "What attempts cost, in units of the ledger's currency; of those alone whose price is known.",
            _TARGET,
            registry=self.registry,
        )
        self._unpriced = Counter(
            "llmrpc_unpriced_attempts",
            "Attempts that used something whose price is not known.",
            _TARGET,
            registry=self.registry,
        )
        self._estimated = Counter(
            "llmrpc_estimated_attempts",
            "Attempts whose tokens were counted here, since the provider did not get to say.",
            _TARGET,
            registry=self.registry,
        )

    def configure(self, targets: Iterable[tuple[str, str]], known: Iterable[TargetHealth]) -> None:
        """Know the targets of another configuration; what was counted stays.

        Args:
            targets: As for new ones.
            known: How targets are; one that no route had may have a state that nobody was shown.
        """
        before, self._targets = self._targets, frozenset(targets)
        for target in before - self._targets:
            for state in _STATES.values():
                self._state.remove(*target, state)
        for health in known:
            if health.state != model_pb2.HEALTH_STATE_HEALTHY:
                self.health_changed(health)

    def call_uncounted(self) -> None:
        """Count a call that was let in though no limit could be counted."""
        self._uncounted.inc()

    def call_finished(self, call: Call) -> None:
        """Count what a call's attempts used."""
        for attempt in call.attempts:
            labels = self._labels(attempt.target)
            self._attempts.labels(*labels, _OUTCOMES[attempt.reason]).inc()
            if attempt.cause != accounting_pb2.ATTEMPT_CAUSE_FIRST:
                self._retries.labels(*labels, _CAUSES[attempt.cause]).inc()
            if attempt.HasField("usage"):
                self._tokens.labels(*labels, "input").observe(attempt.usage.input_tokens)
                self._tokens.labels(*labels, "output").observe(attempt.usage.output_tokens)
                if not attempt.HasField("cost") or attempt.cost.incomplete:
                    self._unpriced.labels(*labels).inc()
                if attempt.usage.source == accounting_pb2.USAGE_SOURCE_ESTIMATED:
                    self._estimated.labels(*labels).inc()
            if attempt.HasField("cost"):
                self._cost.labels(*self._labels(attempt.target)).inc(picos_of(attempt.cost) / UNIT)
        if call.streaming and call.first_output is not None and call.attempts:
            self._first_output.labels(*self._labels(call.attempt.target)).observe(call.first_output - call.started)

    def health_changed(self, health: TargetHealth) -> None:
        """Show a target's state; of one that no route has it is not worth a series."""
        if (health.target.provider, health.target.model) in self._targets:
            for state, name in _STATES.items():
                self._state.labels(*self._labels(health.target), name).set(state == health.state)

    def _labels(self, target: accounting_pb2.Target) -> tuple[str, str]:
        known = (target.provider, target.model) in self._targets
        return target.provider, target.model if known else "other"


def _names(enum: Any, prefix: str) -> dict[int, str]:
    return {number: name.removeprefix(prefix).lower() for name, number in enum.items()}


_OUTCOMES = {**_names(error_reason_pb2.ErrorReason, "ERROR_REASON_"), error_reason_pb2.ERROR_REASON_UNSPECIFIED: "ok"}
_CAUSES = _names(accounting_pb2.AttemptCause, "ATTEMPT_CAUSE_")
_STATES = _names(model_pb2.HealthState, "HEALTH_STATE_")
del _STATES[model_pb2.HEALTH_STATE_UNSPECIFIED]
