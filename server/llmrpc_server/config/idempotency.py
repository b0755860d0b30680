"""idempotency: what becomes of a request that is sent twice with the same request_id."""

from datetime import timedelta

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.cache import Size, Ttl
from llmrpc_server.config.values import Duration, PositiveDuration, Section


class IdempotencySettings(Section):
    """How long a request_id is known.

    Attributes:
        window: A repeat gets the first call's outcome for so long.
        remember: A repeat is refused after that, for so long after the first call; then the id is new again.
        linger: A call whose callers have all gone goes on for so long, so that a repeat can join it.
        memory: How many bytes of outcomes a process keeps itself.
    """

    window: Ttl = timedelta(hours=1)
    remember: PositiveDuration = timedelta(days=1)
    linger: Duration = timedelta(seconds=5)
    memory: Size = 32 * 2**20

    @model_validator(mode="after")
    def _longer(self) -> "IdempotencySettings":
        if self.remember < self.window:
            raise PydanticCustomError("remember", "remember must not be shorter than window")
        return self
