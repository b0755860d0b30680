"""Decides, before anything is sent, whether a request can be answered and by whom."""

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import InvalidRequest, Unsupported, Violation
from llmrpc_server.features import Feature, needed
from llmrpc_server.routing import Plan, Route, Router, Target
from llmrpc_server.validation import violations

_BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4


class Planner:
    """Makes the plan of a request; PlanCompletion answers exactly this."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def plan(self, request: completion_pb2.CompleteRequest) -> Plan:
        """Check the request and choose its targets.

        Raises:
            InvalidRequest: A field is wrong.
            UnknownModel: No such route or provider.
            Unsupported: No target can do what the request needs.
        """
        if found := violations(request):
            raise InvalidRequest.of(*found)
        route = self._router.route(request.model)
        candidates = self._candidates(request, route)
        needs = needed(request)
        skipped = {target: reason for target in candidates if (reason := _why_skipped(target, needs))}
        targets = tuple(target for target in candidates if target not in skipped)
        if not targets:
            raise _unsupported(route, candidates, needs)
        return Plan(route, targets, skipped, estimate_tokens(request))

    def _candidates(self, request: completion_pb2.CompleteRequest, route: Route) -> tuple[Target, ...]:
        policy = request.routing
        targets = route.targets
        if policy.fallback_models:
            named = (
                self._router.route(name, field=f"routing.fallback_models[{index}]").targets
                for index, name in enumerate(policy.fallback_models)
            )
            targets = (targets[0], *(target for group in named for target in group))
        # A target that stands twice would only be asked again.
        targets = tuple(dict.fromkeys(targets))
        return targets[:1] if policy.disable_fallback else targets


def estimate_tokens(request: completion_pb2.CompleteRequest) -> int:
    """Estimate the input's tokens from its size: no tokenizer runs on the event loop."""
    size = sum(len(part.text.encode()) for message in request.messages for part in message.parts)
    return size // _BYTES_PER_TOKEN + _TOKENS_PER_MESSAGE * len(request.messages)


def _why_skipped(target: Target, needs: dict[Feature, str]) -> str:
    missing = [feature for feature in needs if feature not in target.provider.features]
    return f"does not support {', '.join(missing)}" if missing else ""


def _unsupported(route: Route, candidates: tuple[Target, ...], needs: dict[Feature, str]) -> Unsupported:
    missing = {
        feature: path
        for feature, path in needs.items()
        if any(feature not in target.provider.features for target in candidates)
    }
    return Unsupported(
        f'no target of "{route.name}" supports what the request needs: {", ".join(missing)}',
        violations=tuple(Violation(path, f"needs {feature}") for feature, path in missing.items()),
    )
