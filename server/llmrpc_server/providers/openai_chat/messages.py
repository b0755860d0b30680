"""A conversation as Chat Completions has it: a message for each of ours, and one for each tool result."""

from collections.abc import Iterator
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.errors import ProviderUnsupported
from llmrpc_server.providers.conversation import state_of
from llmrpc_server.providers.openai_chat.assistant import AssistantMessage
from llmrpc_server.providers.openai_chat.blocks import Block, content, media_block, text_block
from llmrpc_server.providers.openai_chat.settings import OpenAISettings
from llmrpc_server.requests.features import Harmless

_ROLES = {
    message_pb2.ROLE_SYSTEM: "system",
    message_pb2.ROLE_DEVELOPER: "developer",
    message_pb2.ROLE_USER: "user",
}


def messages(call: Call, settings: OpenAISettings) -> Iterator[dict[str, Any]]:
    """Yield the messages of the body.

    Raises:
        ProviderUnsupported: One holds what the wire format cannot say.
    """
    for message in call.messages:
        match message.role:
            case message_pb2.ROLE_TOOL:
                yield from _results(message, call)
                continue
            case message_pb2.ROLE_ASSISTANT:
                rendered = {
                    "role": "assistant",
                    **AssistantMessage(call, settings.reasoning_field).rendered(message.parts),
                }
            case message_pb2.ROLE_DEVELOPER if not settings.developer_role:
                rendered = {"role": "system", "content": _content(message, call)}
            case role:
                rendered = {"role": _ROLES[role], "content": _content(message, call)}
        if message.name and settings.takes("name"):
            rendered["name"] = message.name
        if message is call.prefill and settings.prefill == "prefix":
            rendered["prefix"] = True
        yield rendered


def _results(message: message_pb2.Message, call: Call) -> Iterator[dict[str, Any]]:
    if message.name:
        call.drop(Harmless.NAME)
    for part in message.parts:
        state_of(part, call, of_model=True)
        result = part.tool_result
        said = content([text_block(inner.text) for inner in result.parts])
        yield {"role": "tool", "tool_call_id": result.tool_call_id, "content": said}


def _content(message: message_pb2.Message, call: Call) -> str | list[Block]:
    return content([_block(part, call) for part in message.parts])


def _block(part: message_pb2.ContentPart, call: Call) -> Block:
    state_of(part, call, of_model=True)
    match part.WhichOneof("kind"):
        case "text":
            return text_block(part.text)
        case "refusal":
            return text_block(part.refusal)
        case "media":
            return media_block(part.media, call)
        case kind:
            raise ProviderUnsupported(f"{call.target.name} takes a {kind} of the assistant alone")
