"""limits: how much may be asked for, of this server and by each caller."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.values import Count, CountOrZero, Section

Dimension = Literal["tenant", "key", "user", "route"]


class GateSettings(Section):
    """How many calls may be under way, and how many may wait for one to end; more are refused at once."""

    in_flight: Count
    waiting: CountOrZero = 0


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class RateSettings(Section):
    """How much some callers may ask for, each for itself.

    Attributes:
        by: What is counted apart; a call that has none of it (no key, no user) does not count. Empty: all together.
        of: Only calls with exactly these.
        in_flight: Calls at the same time.
    """

    by: Annotated[list[Dimension], BeforeValidator(_listed)] = Field(default=["tenant"])
    of: dict[Dimension, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    requests_per_minute: Count | None = None
    tokens_per_minute: Count | None = None
    in_flight: Count | None = None

    @model_validator(mode="after")
    def _require_one(self) -> "RateSettings":
        if self.requests_per_minute is None and self.tokens_per_minute is None and self.in_flight is None:
            raise PydanticCustomError("rate", "must have requests_per_minute, tokens_per_minute or in_flight")
        return self


class LimitSettings(Section):
    """How much may be asked for.

    Attributes:
        server: Calls at one server process.
        target: Attempts at each target, from one server process; unset: no limit but the server's.
        rates: What callers may ask for, over all server processes that share memcached.
        store_down: While memcached does not answer: refuse calls, or admit them uncounted.
    """

    server: GateSettings = GateSettings(in_flight=4000, waiting=1000)
    target: GateSettings | None = None
    rates: list[RateSettings] = Field(default_factory=list)
    store_down: Literal["refuse", "admit"] = "refuse"
