"""The whole of llmrpc.yaml. A section has its own file here, a provider's section beside the provider."""

from typing import Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.auth import AuthSettings
from llmrpc_server.config.breaker import BreakerSettings
from llmrpc_server.config.budgets import BudgetsSettings
from llmrpc_server.config.cache import CacheSettings
from llmrpc_server.config.idempotency import IdempotencySettings
from llmrpc_server.config.ledger import LedgerSettings
from llmrpc_server.config.limits import LimitSettings
from llmrpc_server.config.output import OutputSettings
from llmrpc_server.config.prices import PriceSettings
from llmrpc_server.config.prompts import PromptSettings
from llmrpc_server.config.routes import RouteSettings
from llmrpc_server.config.server import ServerSettings
from llmrpc_server.config.tracing import TracingSettings
from llmrpc_server.config.values import ModelName, ProviderName, RouteName, Section


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
