"""Everything that llmrpc.yaml may say, except for the providers' own sections, which their files describe."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.document import FromOutside

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Section(BaseModel):
    """A mapping of the file: it knows its keys, and no others pass."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _read_duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("duration", "must be a duration such as 500ms, 30s, 5m or 1h")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _refuse_literal(value: Any) -> Any:
    if isinstance(value, FromOutside | SecretStr):
        return value
    raise PydanticCustomError(
        "literal_secret",
        "must not stand in the file itself: write ${{NAME}} for an environment variable, or ${{file:PATH}}",
    )


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
PositiveDuration = Annotated[Duration, Field(gt=timedelta(0))]
Secret = Annotated[SecretStr, BeforeValidator(_refuse_literal), Field(min_length=1)]


class TargetSettings(Section):
    """A target of a route."""

    model: str = Field(pattern=r"^[^/]+/.+$")
    weight: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"model": value} if isinstance(value, str) else value


class RetrySettings(Section):
    """How often a call asks again."""

    max_attempts: int = Field(default=3, ge=1)


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
    max_output_tokens: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"targets": value} if isinstance(value, list) else value


class CacheSettings(Section):
    """Where answers are kept beside the process's own memory."""

    memcached: list[str] = Field(default_factory=list)


class LedgerSettings(Section):
    """Where the books are."""

    url: str


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
    max_connection_age: PositiveDuration = timedelta(minutes=30)


class Config(Section):
    """The whole file. Providers stand as they were written; their kinds check them."""

    providers: dict[str, dict[str, Any]] = Field(min_length=1)
    routes: dict[str, RouteSettings] = Field(min_length=1)
    server: ServerSettings = ServerSettings()
    cache: CacheSettings | None = None
    ledger: LedgerSettings | None = None
    prompts: PromptSettings | None = None
    auth: AuthSettings | None = None
    limits: LimitSettings | None = None
