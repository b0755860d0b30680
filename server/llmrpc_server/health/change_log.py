"""A line in the log for each change of a target's state."""

import structlog

from llmrpc.v1 import error_reason_pb2, model_pb2
from llmrpc_server.health.target import TargetHealth

log = structlog.get_logger()


def log_change(health: TargetHealth) -> None:
    """Log it, as a warning unless the target is well."""
    well = health.state == model_pb2.HEALTH_STATE_HEALTHY
    write = log.info if well else log.warning
    write(
        "target changed",
        target=health.name,
        state=model_pb2.HealthState.Name(health.state).removeprefix("HEALTH_STATE_"),
        reason=error_reason_pb2.ErrorReason.Name(health.last_reason).removeprefix("ERROR_REASON_"),
        retry_in=round(health.retry_in, 1),
    )
