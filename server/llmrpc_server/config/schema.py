"""Everything that llmrpc.yaml may say, except for the providers' own sections, which their files describe."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.auth import AuthSettings
from llmrpc_server.config.budgets import BudgetsSettings
from llmrpc_server.config.cache import CacheSettings, RouteCacheSettings
from llmrpc_server.config.idempotency import IdempotencySettings
from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.limits import LimitSettings
from llmrpc_server.config.output import OutputSettings, RouteOutputSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.config.tracing import TracingSettings
from llmrpc_server.config.values import (
    Count,
    Duration,
    ModelName,
    PositiveDuration,
    ProviderName,
    RouteName,
    Section,
    Text,
)

# gRPC counts milliseconds in 32 bits.
_LONGEST_AGE = timedelta(days=24)


def _refuse_age(value: timedelta) -> timedelta:
    if value <= _LONGEST_AGE:
        return value
    raise PydanticCustomError("age", f"must be at most {_LONGEST_AGE.days}d")


class TargetSettings(Section):
    """A target of a route.

    Attributes:
        weight: Its share among the neighbours that have a weight as well; unset: it is asked in its place of the list.
        context_window: Tokens that input and output may have together; unset: as the public price list knows it.
    """

    model: ModelName
    weight: Count | None = None
    context_window: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {"model": value if isinstance(value, str) else ""}


class RetrySettings(Section):
    """How often a call asks again, and how long it waits before it asks the same target.

    Attributes:
        max_attempts: Over all targets; unset: 3, or one more than there are targets.
        initial_backoff: The most to wait before the first retry; each wait is random, from nothing to the most.
        backoff_multiplier: How the most grows from one retry to the next.
        max_backoff: It grows no further. A provider's own word, Retry-After, goes before all this.
    """

    max_attempts: Count | None = None
    initial_backoff: PositiveDuration = timedelta(milliseconds=200)
    backoff_multiplier: float = Field(default=2.0, ge=1.0, le=10.0)
    max_backoff: PositiveDuration = timedelta(seconds=5)


class FallbackSettings(Section):
    """After which refusals of a request another target is asked, too: it may take what the first did not.

    Attributes:
        content_policy: After one by a provider's content policy.
        request_too_large: After one because of the request's size.
    """

    content_policy: bool = False
    request_too_large: bool = False


class TimeoutSettings(Section):
    """How long a call may take; an RPC's own deadline goes before `total`.

    Attributes:
        attempt: For an unstreamed answer of one target; unset: its share of what is left of the call's time.
        first_token: From an attempt's start to the first output of a stream; unset: as above.
        idle: Between two pieces of a stream.
    """

    total: PositiveDuration = timedelta(minutes=10)
    attempt: PositiveDuration | None = None
    first_token: PositiveDuration | None = None
    idle: PositiveDuration = timedelta(minutes=2)


class RouteSettings(Section):
    """A name that calls can ask for; a bare list is its targets.

    Attributes:
        order: "cost" asks the healthy targets that can do what a request needs in the order of what it costs there.
    """

    targets: list[TargetSettings] = Field(min_length=1)
    order: Literal["listed", "cost"] = "listed"
    retry: RetrySettings = RetrySettings()
    fallback: FallbackSettings = FallbackSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    cache: RouteCacheSettings | None = None
    output: RouteOutputSettings = RouteOutputSettings()
    max_output_tokens: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if isinstance(value, list):
            return {"targets": value}
        raise PydanticCustomError("route", "must be a list of targets, for example [openai/gpt-4o]")


class PromptSettings(Section):
    """Where the prompt templates are."""

    path: Text


class BreakerSettings(Section):
    """When a target is left alone.

    Attributes:
        enabled: Whether it ever is.
        consecutive_failures: So many failed attempts in a row open the breaker.
        error_rate: So does this share of the attempts in the window, 0 to 1, where there are enough of them.
        min_attempts: Enough of them.
        window: For how long an attempt counts.
        probe_interval: Time between two attempts at a target whose breaker is open.
        long_pause: The same where only a person can fix it: credentials and quota.
    """

    enabled: bool = True
    consecutive_failures: Count = 8
    error_rate: float = Field(default=0.5, gt=0.0, le=1.0)
    min_attempts: Count = 20
    window: PositiveDuration = timedelta(seconds=30)
    probe_interval: PositiveDuration = timedelta(seconds=5)
    long_pause: PositiveDuration = timedelta(minutes=5)


class ServerSettings(Section):
    """The server process itself.

    Attributes:
        drain_wait: Between SIGTERM, when health turns to NOT_SERVING, and the last new call: load balancers need it.
        drain_grace: For calls under way, after that.
        max_connection_age: After which a client is asked to connect anew, so that load spreads over new replicas.
        reflection: Whether clients may ask what the API looks like.
        tls: What it shows and asks for; None: plain HTTP/2.
    """

    drain_wait: Duration = timedelta(seconds=1)
    drain_grace: Duration = timedelta(minutes=10)
    max_connection_age: Annotated[PositiveDuration, AfterValidator(_refuse_age)] = timedelta(minutes=30)
    reflection: bool = True
    tls: TlsSettings | None = None


class Config(Section):
    """The whole file. Providers stand as they were written; their kinds check them."""

    providers: dict[ProviderName, dict[str, Any]] = Field(min_length=1)
    routes: dict[RouteName, RouteSettings] = Field(min_length=1)
    server: ServerSettings = ServerSettings()
    cache: CacheSettings = CacheSettings()
    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    budgets: BudgetsSettings = Field(default_factory=list)
    prices: dict[ModelName, PriceSettings] = Field(default_factory=dict)
    prompts: PromptSettings | None = None
    auth: AuthSettings | None = None
    limits: LimitSettings = LimitSettings()
    idempotency: IdempotencySettings = IdempotencySettings()
    breaker: BreakerSettings = BreakerSettings()
    output: OutputSettings = OutputSettings()
    tracing: TracingSettings | None = None

    @field_validator("auth", "tracing", mode="before")
    @classmethod
    def _refuse_nothing(cls, value: Any) -> Any:
        if value is None:  # written without a value: an operator would trust it to guard the server, or to record
            raise PydanticCustomError("model_type", "must be a mapping of keys to values")
        return value
