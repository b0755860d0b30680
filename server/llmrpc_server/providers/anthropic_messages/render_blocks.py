"""The parts of a message as blocks of content."""

from collections.abc import Iterable
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call
from llmrpc_server.providers.anthropic_messages.json_object import read_object, to_object
from llmrpc_server.providers.anthropic_messages.render_media import render_media
from llmrpc_server.providers.conversation import raw_json, state_of
from llmrpc_server.providers.typed_events import type_of
from llmrpc_server.requests.features import Harmless

Fields = dict[str, Any]

_CACHE_CONTROL = {"type": "ephemeral"}
_LOCATIONS = frozenset(
    {
        "char_location",
        "page_location",
        "content_block_location",
        "search_result_location",
        "web_search_result_location",
    }
)


def render_blocks(parts: Iterable[message_pb2.ContentPart], call: Call) -> list[Fields]:
    """Render the parts that can be said; the caller is told of the others."""
    return [block for part in parts if (block := _render(part, call)) is not None]


def _render(part: message_pb2.ContentPart, call: Call) -> Fields | None:
    kind = part.WhichOneof("kind")
    state = state_of(part, call)
    if kind == "reasoning":
        return _reasoning(part.reasoning, state, call)
    if (block := _block(part, call)) is None:
        return None
    # What the vendor once said of the block, under what the part says now.
    block = {**state, **block}
    if part.citations:
        block |= _citations(part, call)
    if part.cache_breakpoint:
        block["cache_control"] = _CACHE_CONTROL
    return block


def _block(part: message_pb2.ContentPart, call: Call) -> Fields | None:
    """Render what the part itself says; None for an empty text, which the API refuses."""
    match part.WhichOneof("kind"):
        case "text" | "refusal":
            text = part.text or part.refusal
            return {"type": "text", "text": text} if text else None
        case "media":
            return render_media(part.media, call)
        case "tool_call":
            tool_call = part.tool_call
            arguments = to_object(tool_call.arguments_json)
            return {"type": "tool_use", "id": tool_call.id, "name": tool_call.name, "input": arguments}
        case "tool_result":
            return _tool_result(part.tool_result, call)
        case _:
            return _provider_part(part.provider_part, call)


def _reasoning(reasoning: message_pb2.Reasoning, state: Fields, call: Call) -> Fields | None:
    """Render the model's own reasoning; only what the vendor signed or encrypted is taken back."""
    if "data" in state:
        return {**state, "type": "redacted_thinking"}
    if "signature" in state:
        return {**state, "type": "thinking", "thinking": reasoning.text}
    call.drop("messages[].parts[].reasoning")
    return None


def _tool_result(result: message_pb2.ToolResult, call: Call) -> Fields:
    rendered: Fields = {"type": "tool_result", "tool_use_id": result.tool_call_id}
    if content := render_blocks(result.parts, call):
        rendered["content"] = content
    if result.is_error:
        rendered["is_error"] = True
    return rendered


def _provider_part(part: message_pb2.ProviderPart, call: Call) -> Fields:
    fields = read_object(part.json)
    if fields is None:
        name = call.target.provider.name
        raise errors.ProviderInvalidRequest(f"{name} takes no provider part whose JSON is not an object")
    return dict(fields)


def _citations(part: message_pb2.ContentPart, call: Call) -> Fields:
    """Render a text's sources where the vendor itself told of all of them."""
    if part.WhichOneof("kind") == "text" and all(_is_location(citation.json) for citation in part.citations):
        return {"citations": [raw_json(citation.json) for citation in part.citations]}
    call.drop(Harmless.CITATIONS)
    return {}


def _is_location(json: str) -> bool:
    return type_of(json) in _LOCATIONS
