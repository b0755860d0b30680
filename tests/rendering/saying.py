"""Short ways to write down what a caller sends."""

import json
from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc.v1.message_pb2 import ContentPart, Message, ProviderState, ToolResult

# A ContentPart where more than its kind is to be said.
Said = str | ContentPart | message_pb2.Media | message_pb2.ToolCall | message_pb2.Reasoning | message_pb2.ProviderPart

_KINDS: dict[type[Any], str] = {
    str: "text",
    message_pb2.Media: "media",
    message_pb2.ToolCall: "tool_call",
    message_pb2.ToolResult: "tool_result",
    message_pb2.Reasoning: "reasoning",
    message_pb2.ProviderPart: "provider_part",
}


def part(said: Said | ToolResult, **beside: Any) -> ContentPart:
    """Make a part of what is said in it and of the fields that stand beside that."""
    if isinstance(said, ContentPart):
        return said
    fields: dict[str, Any] = {_KINDS[type(said)]: said, **beside}
    return ContentPart(**fields)


def system(*parts: Said) -> Message:
    """Write instructions by whoever runs the application."""
    return Message(role=message_pb2.ROLE_SYSTEM, parts=map(part, parts))


def developer(*parts: Said) -> Message:
    """Write instructions of the other sort."""
    return Message(role=message_pb2.ROLE_DEVELOPER, parts=map(part, parts))


def user(*parts: Said, name: str = "") -> Message:
    """Write what the user says."""
    return Message(role=message_pb2.ROLE_USER, parts=map(part, parts), name=name)


def assistant(*parts: Said, name: str = "") -> Message:
    """Write what the model said."""
    return Message(role=message_pb2.ROLE_ASSISTANT, parts=map(part, parts), name=name)


def tool(*results: ToolResult | ContentPart) -> Message:
    """Write what tools answered."""
    return Message(role=message_pb2.ROLE_TOOL, parts=map(part, results))


def result(call_id: str, *parts: Said, is_error: bool = False) -> ToolResult:
    """Write what one tool answered to one call."""
    return ToolResult(tool_call_id=call_id, parts=map(part, parts), is_error=is_error)


def call(call_id: str, name: str, arguments: str) -> message_pb2.ToolCall:
    """Write what the model asked of a tool."""
    return message_pb2.ToolCall(id=call_id, name=name, arguments_json=arguments)


def state(kind: str, fields: Any) -> ProviderState:
    """Write what a provider of a kind wants back."""
    return ProviderState(kind=kind, model="gpt-5.2", data=json.dumps(fields).encode())


def function(name: str, description: str = "", schema: str = "", *, strict: bool = False) -> message_pb2.Tool:
    """Make a tool that the caller runs."""
    described = message_pb2.FunctionTool(
        name=name, description=description, parameters_json_schema=schema, strict=strict
    )
    return message_pb2.Tool(function=described)


def choice(mode: message_pb2.ToolChoiceMode.ValueType, *names: str) -> message_pb2.ToolChoice:
    """Say how freely the model may call tools."""
    return message_pb2.ToolChoice(mode=mode, tool_names=names)


def asked(*messages: Message, **fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request of a conversation; whom it goes to is said when it is sent."""
    return completion_pb2.CompleteRequest(messages=messages, **fields)


def with_config(**fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request of one user message with a configuration."""
    return asked(user("Hi"), config=completion_pb2.GenerationConfig(**fields))
