"""The section `breaker`: when a target is left alone."""

from datetime import timedelta

from pydantic import Field

from llmrpc_server.config.values import Count, PositiveDuration, Section


class BreakerSettings(Section):
    """When a target is left alone.

    Attributes:
        enabled: Whether it ever is.
        consecutive_failures: How many failed attempts in a row open the breaker.
        error_rate: So does this share of failed attempts in the window, 0 to 1, once there are `min_attempts`.
        min_attempts: How many attempts in the window a share is taken of.
        window: For how long an attempt counts.
        probe_interval: Time between two attempts at a target whose breaker is open.
        long_pause: The same after failures that only a person can fix: credentials and quota.
    """

    enabled: bool = True
    consecutive_failures: Count = 8
    error_rate: float = Field(default=0.5, gt=0.0, le=1.0)
    min_attempts: Count = 20
    window: PositiveDuration = timedelta(seconds=30)
    probe_interval: PositiveDuration = timedelta(seconds=5)
    long_pause: PositiveDuration = timedelta(minutes=5)
