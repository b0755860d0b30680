"""The tools that a model may call, and how freely."""

from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.providers.conversation import functions, provider_tools, raw_json

_MODES = {
    message_pb2.TOOL_CHOICE_MODE_AUTO: "auto",
    message_pb2.TOOL_CHOICE_MODE_NONE: "none",
    message_pb2.TOOL_CHOICE_MODE_REQUIRED: "any",
}


def tools(request: completion_pb2.CompleteRequest) -> list[dict[str, Any]]:
    """Render the tools: all functions, or those that the tool choice names, then the provider's own."""
    if _only(request):
        offered = [tool.function for tool in request.tools if tool.HasField("function")]
    else:
        offered = functions(request)
    return [*map(_function, offered), *provider_tools(request)]


def tool_choice(request: completion_pb2.CompleteRequest) -> dict[str, Any]:
    """Render the choice; empty where it is the default, or where there are no tools to choose from."""
    if not request.tools:
        return {}
    choice: dict[str, Any] = {}
    if name := _only(request):
        choice = {"type": "tool", "name": name}
    elif mode := _MODES.get(request.tool_choice.mode):
        choice = {"type": mode}
    one_at_most = request.config.HasField("parallel_tool_calls") and not request.config.parallel_tool_calls
    if one_at_most and choice.get("type") != "none":
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": True}
    return choice


def _only(request: completion_pb2.CompleteRequest) -> str:
    """Return the name of the one function that must be called; empty where there is a choice."""
    choice = request.tool_choice
    if choice.mode == message_pb2.TOOL_CHOICE_MODE_REQUIRED and len(choice.tool_names) == 1:
        return choice.tool_names[0]
    return ""


def _function(function: message_pb2.FunctionTool) -> dict[str, Any]:
    schema = function.parameters_json_schema
    rendered: dict[str, Any] = {
        "name": function.name,
        "input_schema": raw_json(schema) if schema else {"type": "object"},
    }
    if function.description:
        rendered["description"] = function.description
    if function.strict:
        rendered["strict"] = True
    return rendered
