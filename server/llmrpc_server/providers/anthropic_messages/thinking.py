"""How hard the model is asked to think: by an effort, or by a budget in tokens where it does not know efforts."""

from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.anthropic_messages.models import takes_effort, takes_sampling
from llmrpc_server.requests.features import Harmless

_NONE = completion_pb2.REASONING_EFFORT_NONE
_EFFORTS = {
    completion_pb2.REASONING_EFFORT_MINIMAL: "low",
    completion_pb2.REASONING_EFFORT_LOW: "low",
    completion_pb2.REASONING_EFFORT_MEDIUM: "medium",
    completion_pb2.REASONING_EFFORT_HIGH: "high",
    completion_pb2.REASONING_EFFORT_XHIGH: "xhigh",
    completion_pb2.REASONING_EFFORT_MAX: "max",
}
# The least that the API takes.
MIN_BUDGET = 1024
_BUDGETS = {
    completion_pb2.REASONING_EFFORT_MINIMAL: MIN_BUDGET,
    completion_pb2.REASONING_EFFORT_LOW: 2048,
    completion_pb2.REASONING_EFFORT_MEDIUM: 8192,
    completion_pb2.REASONING_EFFORT_HIGH: 16384,
    completion_pb2.REASONING_EFFORT_XHIGH: 24576,
    completion_pb2.REASONING_EFFORT_MAX: 32000,
}


def thinking(call: Call) -> dict[str, Any]:
    """Render the field `thinking`; empty for the model's own default."""
    config, model = call.request.config, call.target.model
    budget = config.reasoning_budget_tokens
    if budget and (config.reasoning_effort == _NONE or not takes_sampling(model)):
        call.drop(Harmless.REASONING_BUDGET)
        budget = 0
    if config.reasoning_effort == _NONE:
        return {"type": "disabled"}
    if budget:
        return {"type": "enabled", "budget_tokens": budget}
    if not config.reasoning_effort:
        return {}
    return {"type": "adaptive"} if takes_effort(model) else _by_budget(call)


def effort(call: Call) -> str:
    """Render the effort; empty where none is asked for, or the model is told a budget instead."""
    return _EFFORTS.get(call.request.config.reasoning_effort, "") if takes_effort(call.target.model) else ""


def _by_budget(call: Call) -> dict[str, Any]:
    """Say an effort as a budget, which must be smaller than the limit of the output."""
    budget = _BUDGETS[call.request.config.reasoning_effort]
    if (limit := call.max_output_tokens) is not None:
        budget = min(budget, limit - 1)
    if budget < MIN_BUDGET:
        call.drop("config.reasoning_effort")
        return {}
    return {"type": "enabled", "budget_tokens": budget}
