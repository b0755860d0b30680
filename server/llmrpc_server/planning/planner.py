"""Decides, before anything is sent, whether a request can be answered and by whom."""

import json
import math
from collections.abc import Iterator, Sequence

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import allows_model
from llmrpc_server.errors import InvalidRequest, PermissionDenied, Unsupported, Violation
from llmrpc_server.output import Shapes
from llmrpc_server.plan import DEFAULT_MAX_ATTEMPTS, Plan, Route, Target
from llmrpc_server.planning.plan_cache import PlanCache
from llmrpc_server.planning.routing import DEFAULT_ROUTE, Router
from llmrpc_server.planning.weights import by_weight, is_drawn
from llmrpc_server.prices import PriceBook
from llmrpc_server.prompts import PromptStore
from llmrpc_server.providers.options import owned_in
from llmrpc_server.requests.features import Demands, demands
from llmrpc_server.requests.rules import MAX_NAME_SHOWN
from llmrpc_server.requests.validation import violations
from llmrpc_server.tokens.estimates import estimate_input

UNLIMITED_OUTPUT = 4096
"""What counts as the most that an answer has where neither its request nor its route limits it."""


class Planner:
    """Makes the plan of a request; PlanCompletion answers exactly this.

    Args:
        router: Where calls may go.
        prices: Where routes are ordered by cost.
        shapes: Those that answers can be asked to have; None for those that need no configuration.
        prompts: Those that requests can name; None for none.
    """

    def __init__(
        self,
        router: Router,
        prices: PriceBook | None = None,
        shapes: Shapes | None = None,
        prompts: PromptStore | None = None,
    ) -> None:
        self._router = router
        self._prices = prices
        self._shapes = shapes or Shapes()
        self._prompts = prompts or PromptStore()
        self._plan_cache = PlanCache()

    def plan_for(self, principal: Principal, request: completion_pb2.CompleteRequest) -> Plan:
        """Do as `plan` does, for somebody: the plan may be one that was made for the same request before.

        Raises:
            PermissionDenied: The credential does not let the request name its models.
        """
        question = request.SerializeToString(), principal.tenant, principal.scopes
        plan = self._plan_cache.find(question)
        if plan is None:
            check_allowed(request, principal)
            plan = self.plan(request)
            if plan.request is not None:
                check_allowed(plan.request, principal)
            if _is_lasting(plan):
                self._plan_cache.keep(question, plan)
        return plan

    def plan(self, request: completion_pb2.CompleteRequest) -> Plan:
        """Check the request and choose its targets.

        Raises:
            InvalidRequest: A field is wrong.
            UnknownModel: No such route or provider.
            PromptNotFound: No such prompt.
            Unsupported: No target can do what the request needs.
        """
        if found := violations(request):
            raise InvalidRequest.of(*found)
        if refused := tuple(self._refused_options(request)):
            raise InvalidRequest.of(*refused)
        whole, prompt = self._prompts.fill(request)
        if prompt is not None:
            whole.model = whole.model or DEFAULT_ROUTE
        route = self._router.route(whole.model)
        shape = self._shapes.of(whole.output)
        candidates = self._candidates(whole, route)
        wanted = demands(whole)
        rendered: Sequence[message_pb2.Message] = ()
        if prompt is not None:
            rendered = prompt.messages(candidates[0])
            wanted.join(demands(completion_pb2.CompleteRequest(messages=rendered)), "prompt")
            if not rendered and not whole.messages:
                raise InvalidRequest.of(Violation("prompt", "must make at least one message"))
        skipped = {target: reason for target in candidates if (reason := _why_skipped(target, wanted))}
        targets = tuple(target for target in candidates if target not in skipped)
        if not targets:
            raise _unsupported(route, candidates, wanted)
        read = _reading(whole, rendered)
        if route.by_cost and self._prices is not None:
            targets = _cheapest_first(targets, self._prices, estimate_input(read), output_limit(whole, route))
        return Plan(
            route,
            targets,
            skipped,
            asked=request,
            read=read,
            demands=wanted,
            max_attempts=_max_attempts(whole, route, targets),
            shape=shape,
            prompt=prompt,
            request=None if prompt is None else whole,
        )

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


def _is_lasting(plan: Plan) -> bool:
    """Return whether the same request always gets the same plan: prompts and prices change, and weights are drawn."""
    return plan.prompt is None and not plan.route.by_cost and not is_drawn(plan.route, plan.read.routing.affinity_key)


def _reading(
    request: completion_pb2.CompleteRequest, rendered: Sequence[message_pb2.Message]
) -> completion_pb2.CompleteRequest:
    """Return a request with a prompt's messages before its own."""
    if not rendered:
        return request
    made = completion_pb2.CompleteRequest(messages=[*rendered, *request.messages], tools=request.tools)
    made.tool_choice.CopyFrom(request.tool_choice)
    made.output.CopyFrom(request.output)
    return made


def check_allowed(request: completion_pb2.CompleteRequest, principal: Principal) -> None:
    """Check that a credential lets a request name its models; only such a request learns whether they exist.

    A model that is left to a prompt is checked once it is known.

    Raises:
        PermissionDenied: It does not.
    """
    of_prompt = request.HasField("prompt") and not request.model
    names = (() if of_prompt else (request.model or DEFAULT_ROUTE,)) + tuple(request.routing.fallback_models)
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


def _why_skipped(target: Target, wanted: Demands) -> str:
    missing = _missing(target, wanted)
    return f"does not support {', '.join(missing)}" if missing else ""


def _missing(target: Target, wanted: Demands) -> dict[str, str]:
    """Map what the target lacks to the path of the first field that needs it."""
    provider = target.provider
    lacking: dict[str, str] = {
        feature: path for feature, path in wanted.features.items() if feature not in provider.features
    }
    for kind, path in wanted.kinds.items():
        if kind != provider.kind:
            lacking[f'what only the provider kind "{kind}" has'] = path
    return lacking


def _unsupported(route: Route, candidates: tuple[Target, ...], wanted: Demands) -> Unsupported:
    missing = {what: path for target in candidates for what, path in _missing(target, wanted).items()}
    return Unsupported(
        f'no target of "{route.name}" supports what the request needs: {", ".join(missing)}',
        violations=tuple(Violation(path, f"needs {what}") for what, path in missing.items()),
    )
