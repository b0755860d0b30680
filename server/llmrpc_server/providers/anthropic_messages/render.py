"""The body of a request."""

from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call
from llmrpc_server.features import Harmless
from llmrpc_server.providers.anthropic_messages.render_messages import messages, system
from llmrpc_server.providers.anthropic_messages.render_tools import tool_choice, tools
from llmrpc_server.providers.anthropic_messages.schema import closed

# The API demands a limit.
DEFAULT_MAX_TOKENS = 4096
MAX_TEMPERATURE = 1.0

_EFFORTS = {
    completion_pb2.REASONING_EFFORT_MINIMAL: "low",
    completion_pb2.REASONING_EFFORT_LOW: "low",
    completion_pb2.REASONING_EFFORT_MEDIUM: "medium",
    completion_pb2.REASONING_EFFORT_HIGH: "high",
    completion_pb2.REASONING_EFFORT_XHIGH: "xhigh",
    completion_pb2.REASONING_EFFORT_MAX: "max",
}


def render(call: Call, *, streaming: bool) -> dict[str, Any]:
    """Render a request.

    Raises:
        ProviderInvalidRequest: It has no message but those of the system.
        ProviderUnsupported: A message holds what the format cannot say.
    """
    request = call.request
    turns = messages(call)
    if not turns:
        name = call.target.provider.name
        raise errors.ProviderInvalidRequest(f"{name} needs a message besides those of the system")
    thinking = _thinking(call)
    fields: dict[str, Any] = {
        "system": system(call),
        "stop_sequences": list(request.config.stop_sequences),
        "metadata": {"user_id": request.user} if request.user else {},
        "tools": tools(request),
        "tool_choice": tool_choice(request),
        "thinking": thinking,
        "output_config": _output_config(request),
    }
    return {
        "model": call.target.model,
        "max_tokens": _max_tokens(call, thinking.get("budget_tokens", 0)),
        "messages": turns,
        **_sampling(call),
        **{name: value for name, value in fields.items() if value},
        **({"stream": True} if streaming else {}),
    }


def _max_tokens(call: Call, budget: int) -> int:
    """Return the limit; reasoning counts, and a budget for it must leave room for the answer."""
    return DEFAULT_MAX_TOKENS + budget if call.max_output_tokens is None else call.max_output_tokens


def _sampling(call: Call) -> dict[str, Any]:
    config = call.request.config
    rendered = {name: getattr(config, name) for name in ("temperature", "top_p", "top_k") if config.HasField(name)}
    if config.temperature > MAX_TEMPERATURE:
        rendered["temperature"] = MAX_TEMPERATURE
        call.warn("PARAMETER_CHANGED", f"{call.target.name} has no config.temperature above 1: 1 was sent")
    return rendered


def _thinking(call: Call) -> dict[str, Any]:
    config = call.request.config
    if config.reasoning_effort == completion_pb2.REASONING_EFFORT_NONE:
        if config.HasField("reasoning_budget_tokens"):
            call.drop(Harmless.REASONING_BUDGET)
        return {"type": "disabled"}
    if config.HasField("reasoning_budget_tokens"):
        return {"type": "enabled", "budget_tokens": config.reasoning_budget_tokens}
    return {"type": "adaptive"} if config.reasoning_effort else {}


def _output_config(request: completion_pb2.CompleteRequest) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if request.output.HasField("json_schema"):
        rendered["format"] = {"type": "json_schema", "schema": closed(request.output.json_schema.schema_json)}
    if effort := _EFFORTS.get(request.config.reasoning_effort):
        rendered["effort"] = effort
    return rendered
