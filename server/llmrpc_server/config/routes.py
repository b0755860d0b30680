"""The section `routes`: names that calls can ask for, and what holds for each."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.cache import RouteCacheSettings
from llmrpc_server.config.output import RouteOutputSettings
from llmrpc_server.config.values import Count, ModelName, PositiveDuration, Section


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
