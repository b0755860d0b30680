"""The body of a request."""

from typing import Any, Final

from llmrpc_server import errors
from llmrpc_server.call import Call
from llmrpc_server.providers.anthropic_messages.models import takes_sampling
from llmrpc_server.providers.anthropic_messages.render_messages import messages, system
from llmrpc_server.providers.anthropic_messages.render_tools import tool_choice, tools
from llmrpc_server.providers.anthropic_messages.schema import closed
from llmrpc_server.providers.anthropic_messages.thinking import effort, thinking

# The API demands a limit.
DEFAULT_MAX_TOKENS = 4096
MAX_TEMPERATURE = 1.0
_SAMPLING: Final = ("temperature", "top_p", "top_k")


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
    thoughts = thinking(call)
    fields: dict[str, Any] = {
        "system": system(call),
        "stop_sequences": list(request.config.stop_sequences),
        "metadata": {"user_id": request.user} if request.user else {},
        "tools": tools(request),
        "tool_choice": tool_choice(request),
        "thinking": thoughts,
        "output_config": _output_config(call),
    }
    return {
        "model": call.target.model,
        "max_tokens": _max_tokens(call, thoughts.get("budget_tokens", 0)),
        "messages": turns,
        **_sampling(call),
        **{name: value for name, value in fields.items() if value},
        **({"stream": True} if streaming else {}),
    }


def _max_tokens(call: Call, budget: int) -> int:
    """Return the limit; reasoning counts, and a budget for it must leave room for the answer."""
    return DEFAULT_MAX_TOKENS + budget if call.max_output_tokens is None else call.max_output_tokens


def _sampling(call: Call) -> dict[str, Any]:
    config, model = call.request.config, call.target.model
    rendered = {name: getattr(config, name) for name in _SAMPLING if config.HasField(name)}
    if not takes_sampling(model):
        for name in rendered:
            call.drop(f"config.{name}")
        return {}
    if config.temperature > MAX_TEMPERATURE:
        rendered["temperature"] = MAX_TEMPERATURE
        call.warn("PARAMETER_CHANGED", f"{call.target.name} has no config.temperature above 1: 1 was sent")
    return rendered


def _output_config(call: Call) -> dict[str, Any]:
    output = call.output
    rendered: dict[str, Any] = {}
    if output.HasField("json_schema"):
        rendered["format"] = {"type": "json_schema", "schema": closed(output.json_schema.schema_json)}
    if word := effort(call):
        rendered["effort"] = word
    return rendered
