"""What a credential may do: the scopes, and the one that each RPC needs."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

# Before a name or "prefix*": what a call may ask for as its model.
MODEL = "model:"


class Scope(StrEnum):
    """A right to use some RPCs."""

    COMPLETE = "complete"
    """Ask models, and plan such calls."""
    MODELS = "models"
    PROMPTS = "prompts"
    USAGE = "usage"
    """See the own tenant's calls, costs and budgets."""
    TEXTS = "texts"
    """With `usage`: see what the own tenant's calls asked and were answered, where that is kept."""
    CACHE = "cache"
    """See what the cache does for the own tenant, and make its answers unreachable."""
    ADMIN = "admin"
    """All of these, for every tenant."""
    REFLECTION = "reflection"
    HEALTH = "health"


# Without a word about scopes.
ORDINARY = frozenset({Scope.COMPLETE, Scope.MODELS, Scope.PROMPTS, Scope.USAGE})
# Held by every good credential; `auth.open` gives them to everybody.
EVERYBODYS = frozenset({Scope.REFLECTION, Scope.HEALTH})
# Rights whose use is written down.
AUDITED = frozenset({Scope.CACHE, Scope.ADMIN})

NEEDED: Mapping[str, Scope] = MappingProxyType(
    {
        "/llmrpc.v1.CompletionService/Complete": Scope.COMPLETE,
        "/llmrpc.v1.CompletionService/StreamComplete": Scope.COMPLETE,
        "/llmrpc.v1.CompletionService/PlanCompletion": Scope.COMPLETE,
        "/llmrpc.v1.ModelService/ListModels": Scope.MODELS,
        "/llmrpc.v1.ModelService/GetModel": Scope.MODELS,
        "/llmrpc.v1.ModelService/WatchProviderHealth": Scope.MODELS,
        "/llmrpc.v1.PromptService/ListPrompts": Scope.PROMPTS,
        "/llmrpc.v1.PromptService/GetPrompt": Scope.PROMPTS,
        "/llmrpc.v1.PromptService/RenderPrompt": Scope.PROMPTS,
        "/llmrpc.v1.UsageService/QueryUsage": Scope.USAGE,
        "/llmrpc.v1.UsageService/ListCalls": Scope.USAGE,
        "/llmrpc.v1.UsageService/GetCall": Scope.USAGE,
        "/llmrpc.v1.UsageService/ListBudgets": Scope.USAGE,
        "/llmrpc.v1.CacheService/InvalidateCache": Scope.CACHE,
        "/llmrpc.v1.CacheService/GetCacheStats": Scope.CACHE,
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Scope.REFLECTION,
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": Scope.REFLECTION,
        "/grpc.health.v1.Health/Check": Scope.HEALTH,
        "/grpc.health.v1.Health/List": Scope.HEALTH,
        "/grpc.health.v1.Health/Watch": Scope.HEALTH,
    }
)


_NAMES = frozenset(map(str, Scope))


def known(scope: str) -> bool:
    """Tell whether this is a scope: one of the list, or "model:" and a name or a prefix with a star."""
    return scope in _NAMES or (scope.startswith(MODEL) and "*" not in scope.removeprefix(MODEL)[:-1] and scope != MODEL)


def allows(scopes: Iterable[str], scope: Scope) -> bool:
    """Tell whether scopes hold a right."""
    return scope in EVERYBODYS or scope in scopes or Scope.ADMIN in scopes


def allows_model(scopes: frozenset[str], name: str) -> bool:
    """Tell whether scopes let a call ask for a route or "provider/model"; those that name no model let all."""
    named = _models(scopes)
    return not named or any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in named
    )


@lru_cache(maxsize=1024)
def _models(scopes: frozenset[str]) -> tuple[str, ...]:
    """Return the names and patterns of models in scopes."""
    return tuple(scope.removeprefix(MODEL) for scope in scopes if scope.startswith(MODEL))
