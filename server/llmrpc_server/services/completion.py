"""CompletionService: the innermost step of a call to a model, and the plan of one."""

from typing import Any

import grpc

from llmrpc.v1 import completion_pb2
from llmrpc_server import money
from llmrpc_server.attempts.attempt import attempt
from llmrpc_server.edge import rpc
from llmrpc_server.errors import CallError, Violation
from llmrpc_server.health import Board
from llmrpc_server.plan import Plan, Target
from llmrpc_server.planning.planner import Planner, output_limit
from llmrpc_server.prices import PriceBook
from llmrpc_server.services.handlers import streaming, unary

NAME = "llmrpc.v1.CompletionService"


class CompletionService:
    """Asks the call's target once; raises, never retries."""

    def __init__(self, planner: Planner, board: Board, prices: PriceBook) -> None:
        self._prices = prices
        self._planner = planner
        self._board = board

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register.

        Both ways to call a model are streams of events here, and take a Call: the step "edge" makes one of the request,
        and for Complete one answer of the events.
        """
        call = streaming(attempt, completion_pb2.CompleteRequest, completion_pb2.StreamCompleteResponse)
        plan = unary(self.plan, completion_pb2.PlanCompletionRequest, completion_pb2.PlanCompletionResponse)
        methods = {"Complete": call, "StreamComplete": call, "PlanCompletion": plan}
        return grpc.method_handlers_generic_handler(NAME, methods)

    async def plan(self, request: completion_pb2.PlanCompletionRequest, _context: Any) -> Any:
        """Return what would happen to a request."""
        try:
            plan = self._planner.plan_for(rpc.principal(), request.request)
        except CallError as error:
            error.violations = tuple(Violation(f"request.{v.field}", v.description) for v in error.violations)
            raise
        whole = plan.request or request.request
        reasons = {target: self._board.why_passed_over(target) for target in plan.targets} | dict(plan.skipped)
        messages = list(whole.messages)
        if plan.prompt is not None:
            messages[:0] = plan.prompt.messages(plan.targets[0])
        targets = [
            completion_pb2.PlannedTarget(
                target=target.message(),
                input_tokens=plan.input_tokens,
                skip_reason=reason,
                worst_case_cost=self._worst_case(target, plan, whole),
            )
            for target, reason in reasons.items()
        ]
        return completion_pb2.PlanCompletionResponse(targets=targets, messages=messages)

    def _worst_case(self, target: Target, plan: Plan, request: completion_pb2.CompleteRequest) -> money.Cost | None:
        tariff = self._prices.tariff(target.provider.name, target.model)
        worst = None if tariff is None else tariff.worst_case(plan.input_tokens, output_limit(request, plan.route))
        return None if worst is None or tariff is None else money.cost(worst, price_version=tariff.version)
