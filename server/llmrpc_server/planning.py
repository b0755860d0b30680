"""Decides, before anything is sent, whether a request can be answered and by whom."""

import json
import math
from collections.abc import Iterator, Sequence

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Principal
from llmrpc_server.errors import InvalidRequest, PermissionDenied, Unsupported, Violation
from llmrpc_server.estimates import estimate_input
from llmrpc_server.features import Demands, demands
from llmrpc_server.prices import PriceBook
from llmrpc_server.providers.options import owned_in
from llmrpc_server.routing import DEFAULT_MAX_ATTEMPTS, DEFAULT_ROUTE, Plan, Route, Router, Target
from llmrpc_server.scopes import allows_model
from llmrpc_server.turns import by_weight
from llmrpc_server.validation import MAX_NAME_SHOWN, violations

UNLIMITED_OUTPUT = 4096
"""What counts as the most that an answer has where neither its request nor its route limits it."""


class Planner:
    """Makes the plan of a request; PlanCompletion answers exactly this.

    Args:
        prices: Where routes are ordered by cost.
    """

    def __init__(self, router: Router, prices: PriceBook | None = None) -> None:
        self._router = router
        self._prices = prices

    def plan(self, request: completion_pb2.CompleteRequest) -> Plan:
        """Check the request and choose its targets.

        Raises:
            InvalidRequest: A field is wrong.
            UnknownModel: No such route or provider.
            Unsupported: No target can do what the request needs.
        """
        if found := violations(request):
            raise InvalidRequest.of(*found)
        if refused := tuple(self._refused_options(request)):
            raise InvalidRequest.of(*refused)
        route = self._router.route(request.model)
        candidates = self._candidates(request, route)
        asked = demands(request)
        skipped = {target: reason for target in candidates if (reason := _why_skipped(target, asked))}
        targets = tuple(target for target in candidates if target not in skipped)
        if not targets:
            raise _unsupported(route, candidates, asked)
        tokens = estimate_input(request)
        if route.by_cost and self._prices is not None:
            targets = _cheapest_first(targets, self._prices, tokens, output_limit(request, route))
        return Plan(route, targets, skipped, tokens, asked, _max_attempts(request, route, targets))

    def _refused_options(self, request: completion_pb2.CompleteRequest) -> Iterator[Violation]:
        for name, text in request.provider_options_json.items():
            field = f'provider_options_json["{name[:MAX_NAME_SHOWN]}"]'
            if (provider := self._router.provider(name)) is None:
                yield Violation(field, "must be the name of a provider of this server")
                continue
            for path in owned_in(json.loads(text), provider.owned):
                yield Violation(f"{field}.{path[:MAX_NAME_SHOWN]}", "is set by the request's own fields: leave it out")

    def _candidates(self, request: completion_pb2.CompleteRequest, route: Route) -> tuple[Target, ...]:
        policy = request.routing
        targets = by_weight(route, policy.affinity_key)
        if policy.fallback_models:
            named = (
                self._router.route(name, field=f"routing.fallback_models[{index}]").targets
                for index, name in enumerate(policy.fallback_models)
            )
            targets = (targets[0], *(target for group in named for target in group))
        # A target that stands twice would only be asked again.
        targets = tuple(dict.fromkeys(targets))
        return targets[:1] if policy.disable_fallback else targets


def check_allowed(request: completion_pb2.CompleteRequest, principal: Principal) -> None:
    """Check that a credential lets a request name its models; whether they exist is told to those alone.

    Raises:
        PermissionDenied: It does not.
    """
    names = (request.model or DEFAULT_ROUTE, *request.routing.fallback_models)
    if not all(allows_model(principal.scopes, name) for name in names):
        raise PermissionDenied


def output_limit(request: completion_pb2.CompleteRequest, route: Route) -> int:
    """Return how many tokens the answer may have at most, as far as money is concerned."""
    if request.config.HasField("max_output_tokens"):
        return request.config.max_output_tokens
    return route.max_output_tokens or UNLIMITED_OUTPUT


def _cheapest_first(
    targets: Sequence[Target], prices: PriceBook, input_tokens: int, output_tokens: int
) -> tuple[Target, ...]:
    """Order by what the request costs at worst; what has no known price comes last."""

    def cost(target: Target) -> float:
        tariff = prices.tariff(target.provider.name, target.model)
        worst = None if tariff is None else tariff.worst_case(input_tokens, output_tokens)
        return math.inf if worst is None else worst

    return tuple(sorted(targets, key=cost))


def _max_attempts(request: completion_pb2.CompleteRequest, route: Route, targets: Sequence[Target]) -> int:
    if request.routing.HasField("max_attempts"):
        return request.routing.max_attempts
    return route.retry.max_attempts or max(DEFAULT_MAX_ATTEMPTS, len(targets) + 1)


def _why_skipped(target: Target, asked: Demands) -> str:
    missing = _missing(target, asked)
    return f"does not support {', '.join(missing)}" if missing else ""


def _missing(target: Target, asked: Demands) -> dict[str, str]:
    """Map what the target lacks to the path of the first field that needs it."""
    provider = target.provider
    lacking: dict[str, str] = {
        feature: path for feature, path in asked.features.items() if feature not in provider.features
    }
    for kind, path in asked.kinds.items():
        if kind != provider.kind:
            lacking[f'what only the provider kind "{kind}" has'] = path
    return lacking


def _unsupported(route: Route, candidates: tuple[Target, ...], asked: Demands) -> Unsupported:
    missing = {what: path for target in candidates for what, path in _missing(target, asked).items()}
    return Unsupported(
        f'no target of "{route.name}" supports what the request needs: {", ".join(missing)}',
        violations=tuple(Violation(path, f"needs {what}") for what, path in missing.items()),
    )
