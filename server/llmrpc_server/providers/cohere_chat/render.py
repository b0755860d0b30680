"""The body of a request."""

from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.cohere_chat.render_messages import documents, messages
from llmrpc_server.providers.cohere_chat.sampling import sampling
from llmrpc_server.providers.conversation import functions, raw_json
from llmrpc_server.requests.features import Harmless

_NO_PARAMETERS = {"type": "object", "properties": {}}


def body(call: Call, *, stream: bool) -> dict[str, Any]:
    """Make the body of a request.

    Raises:
        ProviderUnsupported: Something in it has no place in this format.
    """
    request = call.request
    made: dict[str, Any] = {
        "model": call.target.model,
        "messages": messages(call),
        "stream": stream,
        **sampling(call),
        **_tools(request),
        **_shape(call.output),
        **_thinking(call),
    }
    if sources := documents(call):
        made["documents"] = sources
    return made


def _tools(request: completion_pb2.CompleteRequest) -> dict[str, Any]:
    """Render the tools; those that the model may not call are left out, since the wire cannot name the others."""
    made: dict[str, Any] = {}
    if offered := functions(request):
        made["tools"] = [{"type": "function", "function": _function(function)} for function in offered]
        if any(function.strict for function in offered):
            made["strict_tools"] = True
    match request.tool_choice.mode:
        case message_pb2.TOOL_CHOICE_MODE_REQUIRED:
            made["tool_choice"] = "REQUIRED"
        case message_pb2.TOOL_CHOICE_MODE_NONE if offered:
            made["tool_choice"] = "NONE"
    return made


def _function(function: message_pb2.FunctionTool) -> dict[str, Any]:
    schema = function.parameters_json_schema
    made: dict[str, Any] = {"name": function.name, "parameters": raw_json(schema) if schema else _NO_PARAMETERS}
    if function.description:
        made["description"] = function.description
    return made


def _shape(output: completion_pb2.OutputFormat) -> dict[str, Any]:
    match output.WhichOneof("format"):
        case "json":
            return {"response_format": {"type": "json_object"}}
        case "json_schema":
            schema = raw_json(output.json_schema.schema_json)
            return {"response_format": {"type": "json_object", "json_schema": schema}}
        case _:
            return {}


def _thinking(call: Call) -> dict[str, Any]:
    """Render how hard to think: the wire knows on and off, and a budget."""
    config = call.request.config
    budget = config.HasField("reasoning_budget_tokens")
    if config.reasoning_effort == completion_pb2.REASONING_EFFORT_NONE:
        if budget:
            call.drop(Harmless.REASONING_BUDGET)
        return {"thinking": {"type": "disabled"}}
    if budget:
        return {"thinking": {"type": "enabled", "token_budget": config.reasoning_budget_tokens}}
    return {"thinking": {"type": "enabled"}} if config.reasoning_effort else {}
