"""plan: checks the request and resolves where it may go; all steps below need it."""

import asyncio

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.planning.planner import Planner


class PlanInterceptor(CallInterceptor):
    """Gives every call its plan, its first target and, where the caller set none, its deadline."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        call.plan = self._planner.plan_for(call.principal, call.request)
        if call.plan.request is not None:
            call.request = call.plan.request
        call.target = call.plan.targets[0]
        if call.deadline is None:
            call.deadline = asyncio.get_running_loop().time() + call.plan.route.timeouts.total.total_seconds()
        return proceed(call)
