"""The body of a request."""

from typing import Any, Final

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.conversation import functions, provider_tools, raw_json
from llmrpc_server.providers.openai_responses.render_input import input_items
from llmrpc_server.providers.strict_schema import is_strict

_EFFORTS = {
    completion_pb2.REASONING_EFFORT_NONE: "none",
    completion_pb2.REASONING_EFFORT_MINIMAL: "minimal",
    completion_pb2.REASONING_EFFORT_LOW: "low",
    completion_pb2.REASONING_EFFORT_MEDIUM: "medium",
    completion_pb2.REASONING_EFFORT_HIGH: "high",
    completion_pb2.REASONING_EFFORT_XHIGH: "xhigh",
    completion_pb2.REASONING_EFFORT_MAX: "max",
}

_MODES = {
    message_pb2.TOOL_CHOICE_MODE_AUTO: "auto",
    message_pb2.TOOL_CHOICE_MODE_NONE: "none",
    message_pb2.TOOL_CHOICE_MODE_REQUIRED: "required",
}

# Named as in the API.
_SAME: Final = ("temperature", "top_p", "top_logprobs", "parallel_tool_calls")

# These do not reason, and refuse to be asked for what they thought.
_WITHOUT_REASONING = ("gpt-3.5", "gpt-4", "chatgpt-", "gpt-5-chat")


def body(call: Call, *, stream: bool) -> dict[str, Any]:
    """Make the body of a request; the conversation goes along whole, the vendor stores none of it."""
    made = {
        "model": call.target.model,
        "input": input_items(call),
        "store": False,
        **_sampling(call),
        **_tools(call.request),
        **_shape(call.output),
    }
    if included := _included(call):
        made["include"] = included
    if call.request.user:
        made["user"] = call.request.user
    if stream:
        made["stream"] = True
    return made


def _sampling(call: Call) -> dict[str, Any]:
    config = call.request.config
    made: dict[str, Any] = {name: getattr(config, name) for name in _SAME if config.HasField(name)}
    if (limit := call.max_output_tokens) is not None:
        made["max_output_tokens"] = limit
    if effort := _EFFORTS.get(config.reasoning_effort):
        made["reasoning"] = {"effort": effort}
    return made


def _included(call: Call) -> list[str]:
    included = []
    if not call.target.model.startswith(_WITHOUT_REASONING):
        included.append("reasoning.encrypted_content")
    if call.request.config.HasField("top_logprobs"):
        included.append("message.output_text.logprobs")
    return included


def _tools(request: completion_pb2.CompleteRequest) -> dict[str, Any]:
    made: dict[str, Any] = {}
    choice = request.tool_choice
    one = len(choice.tool_names) == 1 and choice.mode == message_pb2.TOOL_CHOICE_MODE_REQUIRED
    offered = [tool.function for tool in request.tools if tool.HasField("function")] if one else functions(request)
    if tools := [*map(_function, offered), *provider_tools(request)]:
        made["tools"] = tools
    if one:
        made["tool_choice"] = {"type": "function", "name": choice.tool_names[0]}
    elif mode := _MODES.get(choice.mode):
        made["tool_choice"] = mode
    return made


def _function(function: message_pb2.FunctionTool) -> dict[str, Any]:
    schema = function.parameters_json_schema
    made: dict[str, Any] = {
        "type": "function",
        "name": function.name,
        "parameters": raw_json(schema) if schema else {"type": "object", "properties": {}},
        "strict": function.strict,
    }
    if function.description:
        made["description"] = function.description
    return made


def _shape(output: completion_pb2.OutputFormat) -> dict[str, Any]:
    match output.WhichOneof("format"):
        case "json":
            return {"text": {"format": {"type": "json_object"}}}
        case "json_schema":
            wanted = output.json_schema
            format_ = {
                "type": "json_schema",
                "name": wanted.name or "output",
                "schema": raw_json(wanted.schema_json),
                "strict": is_strict(wanted.schema_json),
            }
            return {"text": {"format": format_}}
        case _:
            return {}
