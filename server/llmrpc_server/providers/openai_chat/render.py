"""The body of a request."""

from typing import Any, Final

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.conversation import functions, provider_tools, raw_json
from llmrpc_server.providers.openai_chat.messages import messages
from llmrpc_server.providers.openai_chat.settings import OpenAISettings
from llmrpc_server.providers.strict_schema import is_strict

_Fields = dict[str, Any]

_SAMPLING: Final = (
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "parallel_tool_calls",
)
_CHOICES = {
    message_pb2.TOOL_CHOICE_MODE_AUTO: "auto",
    message_pb2.TOOL_CHOICE_MODE_NONE: "none",
    message_pb2.TOOL_CHOICE_MODE_REQUIRED: "required",
}
_EFFORTS = {
    completion_pb2.REASONING_EFFORT_NONE: "none",
    completion_pb2.REASONING_EFFORT_MINIMAL: "minimal",
    completion_pb2.REASONING_EFFORT_LOW: "low",
    completion_pb2.REASONING_EFFORT_MEDIUM: "medium",
    completion_pb2.REASONING_EFFORT_HIGH: "high",
    completion_pb2.REASONING_EFFORT_XHIGH: "xhigh",
    completion_pb2.REASONING_EFFORT_MAX: "max",
}


def body(call: Call, settings: OpenAISettings) -> _Fields:
    """Make the body.

    Raises:
        ProviderUnsupported: The conversation holds what the wire format cannot say.
    """
    request = call.request
    rendered: _Fields = {"model": call.target.model, "messages": list(messages(call, settings))}
    if call.streaming and settings.stream:
        rendered["stream"] = True
        if settings.stream_usage:
            rendered["stream_options"] = {"include_usage": True}
    if (limit := call.max_output_tokens) is not None:
        rendered[settings.max_tokens_field] = limit
    rendered |= _config(call, settings)
    rendered |= _tools(request, settings)
    if (output := call.output).WhichOneof("format"):
        rendered["response_format"] = _response_format(output)
    if request.user and settings.takes("user"):
        rendered["user"] = request.user
    return rendered


def _config(call: Call, settings: OpenAISettings) -> _Fields:
    config = call.request.config
    rendered: _Fields = {}
    for name in _SAMPLING:
        if config.HasField(name) and settings.takes(name):
            rendered[settings.seed_field if name == "seed" else name] = getattr(config, name)
    if config.stop_sequences:
        rendered["stop"] = list(config.stop_sequences)
    if config.HasField("top_logprobs"):
        rendered["logprobs"] = True
        if config.top_logprobs:
            rendered["top_logprobs"] = config.top_logprobs
    if config.reasoning_effort:
        rendered |= _effort(config.reasoning_effort, call, settings)
    return rendered


def _effort(effort: completion_pb2.ReasoningEffort.ValueType, call: Call, settings: OpenAISettings) -> _Fields:
    thinks = effort != completion_pb2.REASONING_EFFORT_NONE
    match settings.effort_field:
        case "reasoning_effort":
            return {"reasoning_effort": _EFFORTS[effort]}
        case "thinking":
            return {"thinking": {"type": "enabled" if thinks else "disabled"}}
        case "enable_thinking":
            return {"enable_thinking": thinks}
        case None:
            call.drop("config.reasoning_effort")
            return {}


def _tools(request: completion_pb2.CompleteRequest, settings: OpenAISettings) -> _Fields:
    choice = request.tool_choice
    one = choice.mode == message_pb2.TOOL_CHOICE_MODE_REQUIRED and len(choice.tool_names) == 1
    offered = [tool.function for tool in request.tools if tool.HasField("function")] if one else functions(request)
    tools = [_function(function, settings) for function in offered] + provider_tools(request)
    rendered: _Fields = {"tools": tools} if tools else {}
    if one:
        rendered["tool_choice"] = {"type": "function", "function": {"name": choice.tool_names[0]}}
    elif choice.mode:
        rendered["tool_choice"] = _CHOICES[choice.mode]
    return rendered


def _function(function: message_pb2.FunctionTool, settings: OpenAISettings) -> _Fields:
    rendered: _Fields = {"name": function.name}
    if function.description:
        rendered["description"] = function.description
    if function.parameters_json_schema:
        rendered["parameters"] = raw_json(function.parameters_json_schema)
    if function.strict and settings.takes("strict"):
        rendered["strict"] = True
    return {"type": "function", "function": rendered}


def _response_format(output: completion_pb2.OutputFormat) -> _Fields:
    if output.HasField("json"):
        return {"type": "json_object"}
    schema = output.json_schema
    rendered: _Fields = {"name": schema.name or "output", "schema": raw_json(schema.schema_json)}
    if is_strict(schema.schema_json):
        rendered["strict"] = True
    return {"type": "json_schema", "json_schema": rendered}
