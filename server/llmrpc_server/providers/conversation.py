"""What wire formats share in reading a request: turns, tools, what goes back to its own provider."""

import itertools
import operator
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Call

Parts = list[message_pb2.ContentPart]


def turns(messages: Iterable[message_pb2.Message]) -> Iterator[tuple[message_pb2.Role.ValueType, Parts]]:
    """Yield each turn: the parts of messages of one role that follow each other."""
    for role, group in itertools.groupby(messages, operator.attrgetter("role")):
        yield role, [part for message in group for part in message.parts]


def functions(request: completion_pb2.CompleteRequest) -> list[message_pb2.FunctionTool]:
    """Return the functions that the model may call, those of tool_choice.tool_names where it names some."""
    offered = [tool.function for tool in request.tools if tool.HasField("function")]
    names = request.tool_choice.tool_names
    return [function for function in offered if function.name in names] if names else offered


def provider_tools(request: completion_pb2.CompleteRequest) -> list[dict[str, Any]]:
    """Return the tools that the provider runs: their type and options."""
    tools = [tool.provider_tool for tool in request.tools if tool.HasField("provider_tool")]
    return [{"type": tool.type, **(msgspec.json.decode(tool.options_json or "{}"))} for tool in tools]


def state_of(part: message_pb2.ContentPart, call: Call, *, of_model: bool = False) -> dict[str, Any]:
    """Return the fields that this provider kind once kept with the part; another's are dropped, with a Warning.

    Args:
        of_model: The model must be the same as well: vendors of one kind do not take each other's state.
    """
    if not part.HasField("provider_state"):
        return {}
    state = part.provider_state
    if state.kind == call.target.provider.kind and not (of_model and state.model not in {"", call.target.model}):
        try:
            return msgspec.json.decode(state.data, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # Not ours, whatever it says.
    call.drop("messages[].parts[].provider_state")
    return {}


def raw_json(text: str) -> msgspec.Raw:
    """Return JSON text to stand in a body as it is: its numbers and the order of its keys are the caller's."""
    return msgspec.Raw(text.encode())


def is_json_object(text: str) -> bool:
    """Tell whether a text, for example the arguments that a model wrote, is a JSON object."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
