"""Everything that llmrpc.yaml may say, except for the providers' own sections, which their files describe."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.auth import AuthSettings
from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.config.values import Count, Duration, PositiveDuration, Section

_MODEL = re.compile(r"[^/]+/.+")
# gRPC counts milliseconds in 32 bits.
_LONGEST_AGE = timedelta(days=24)


def _refuse_age(value: timedelta) -> timedelta:
    if value <= _LONGEST_AGE:
        return value
    raise PydanticCustomError("age", f"must be at most {_LONGEST_AGE.days}d")


def _check_model_name(value: str) -> str:
    if _MODEL.fullmatch(value):
        return value
    raise PydanticCustomError("model_name", 'must be written "provider/model"')


def _check_provider_name(value: str) -> str:
    if value and "/" not in value:
        return value
    raise PydanticCustomError("provider_name", 'must have a name without "/"')


ProviderName = Annotated[str, AfterValidator(_check_provider_name)]
ModelName = Annotated[str, AfterValidator(_check_model_name)]
RouteName = Annotated[str, Field(min_length=1)]


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


class LedgerSettings(Section):
    """Where the books are."""

    url: str


class PromptSettings(Section):
    """Where the prompt templates are."""

    path: str


class LimitSettings(Section):
    """How much each caller may ask for."""


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
    cache: CacheSettings | None = None
    ledger: LedgerSettings | None = None
    prompts: PromptSettings | None = None
    auth: AuthSettings | None = None
    limits: LimitSettings | None = None

    @field_validator("auth", mode="before")
    @classmethod
    def _refuse_nothing(cls, value: Any) -> Any:
        if value is None:  # written without a value: an operator would trust it to guard the server
            raise PydanticCustomError("model_type", "must be a mapping of keys to values")
        return value
