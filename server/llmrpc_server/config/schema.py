"""Everything that llmrpc.yaml may say, except for the providers' own sections, which their files describe."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.values import (
    Count,
    Duration,
    ModelName,
    PositiveDuration,
    ProviderName,
    RouteName,
    Section,
)

# gRPC counts milliseconds in 32 bits.
_LONGEST_AGE = timedelta(days=24)


def _refuse_age(value: timedelta) -> timedelta:
    if value <= _LONGEST_AGE:
        return value
    raise PydanticCustomError("age", f"must be at most {_LONGEST_AGE.days}d")


class TargetSettings(Section):
    """A target of a route."""

    model: ModelName
    weight: Count = 1

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {"model": value if isinstance(value, str) else ""}


class RetrySettings(Section):
    """How often a call asks again."""

    max_attempts: Count = 3


class TimeoutSettings(Section):
    """How long a call may take; an RPC's own deadline goes before `total`."""

    total: PositiveDuration = timedelta(minutes=10)
    attempt: PositiveDuration | None = None
    first_token: PositiveDuration | None = None
    idle: PositiveDuration | None = None


class RouteCacheSettings(Section):
    """How long a route's answers are kept."""

    ttl: PositiveDuration


class RouteSettings(Section):
    """A name that calls can ask for; a bare list is its targets."""

    targets: list[TargetSettings] = Field(min_length=1)
    retry: RetrySettings | None = None
    timeouts: TimeoutSettings = TimeoutSettings()
    cache: RouteCacheSettings | None = None
    max_output_tokens: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if isinstance(value, list):
            return {"targets": value}
        raise PydanticCustomError("route", "must be a list of targets, for example [openai/gpt-4o]")


class CacheSettings(Section):
    """Where answers are kept beside the process's own memory."""

    memcached: list[str] = Field(default_factory=list)


class PromptSettings(Section):
    """Where the prompt templates are."""

    path: str


class AuthSettings(Section):
    """Who may call."""

    keys: str | None = None


class LimitSettings(Section):
    """How much each caller may ask for."""


class ServerSettings(Section):
    """The server process itself.

    Attributes:
        drain_wait: Between SIGTERM, when health turns to NOT_SERVING, and the last new call: load balancers need it.
        drain_grace: For calls under way, after that.
        max_connection_age: After which a client is asked to connect anew, so that load spreads over new replicas.
    """

    drain_wait: Duration = timedelta(seconds=1)
    drain_grace: Duration = timedelta(minutes=10)
    max_connection_age: Annotated[PositiveDuration, AfterValidator(_refuse_age)] = timedelta(minutes=30)


class Config(Section):
    """The whole file. Providers stand as they were written; their kinds check them."""

    providers: dict[ProviderName, dict[str, Any]] = Field(min_length=1)
    routes: dict[RouteName, RouteSettings] = Field(min_length=1)
    server: ServerSettings = ServerSettings()
    cache: CacheSettings | None = None
    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    prices: dict[ModelName, PriceSettings] = Field(default_factory=dict)
    prompts: PromptSettings | None = None
    auth: AuthSettings | None = None
    limits: LimitSettings | None = None
