"""The conversation as messages and documents."""

from collections.abc import Iterable, Iterator
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.errors import ProviderUnsupported
from llmrpc_server.providers.cohere_chat.wire import KIND
from llmrpc_server.providers.conversation import raw_json, state_of
from llmrpc_server.requests.features import Harmless
from llmrpc_server.requests.media import data_uri, kind_of, mime_type

_ROLES = {
    message_pb2.ROLE_SYSTEM: "system",
    message_pb2.ROLE_DEVELOPER: "system",
    message_pb2.ROLE_USER: "user",
}

Part = message_pb2.ContentPart


def messages(call: Call) -> list[dict[str, Any]]:
    """Make the messages, in place; each result of a tool is one.

    Raises:
        ProviderUnsupported: A medium stands where the wire has no place for it.
    """
    made: list[dict[str, Any]] = []
    for message in call.messages:
        match message.role:
            case message_pb2.ROLE_TOOL:
                made += (_result(part, call) for part in message.parts)
            case message_pb2.ROLE_ASSISTANT:
                made.append(_answer(message.parts, call))
            case role:
                made.append({"role": _ROLES[role], "content": _content(_blocks(message, call))})
    return made


def documents(call: Call) -> list[dict[str, Any]]:
    """Make the documents of the user's messages, which stand beside the conversation.

    Raises:
        ProviderUnsupported: One is not text.
    """
    media = [
        part.media
        for message in call.messages
        if message.role == message_pb2.ROLE_USER
        for part in message.parts
        if _is_document(part)
    ]
    return [{"id": f"doc:{number}", "data": _data(document, call)} for number, document in enumerate(media)]


def _data(document: message_pb2.Media, call: Call) -> dict[str, str]:
    if document.detail:
        call.drop(Harmless.DETAIL)
    try:
        text = document.data.decode() if mime_type(document).startswith("text/") else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise ProviderUnsupported(f"{call.target.name} takes no documents but text in UTF-8")
    return {"title": document.filename, "text": text} if document.filename else {"text": text}


def _is_document(part: Part) -> bool:
    return part.HasField("media") and kind_of(part.media) == "document"


def _blocks(message: message_pb2.Message, call: Call) -> Iterator[dict[str, Any]]:
    """Yield what a message of the system or the user says."""
    for part in message.parts:
        kind = part.WhichOneof("kind")
        state_of(part, call)
        if kind in {"text", "refusal"}:
            yield _text(part)
        elif kind == "reasoning":
            call.drop("messages[].parts[].reasoning")
        elif message.role != message_pb2.ROLE_USER or kind != "media":
            raise ProviderUnsupported(f"{call.target.name} takes a {kind} in other messages alone")
        elif not _is_document(part):
            yield _image(part.media, call)


def _image(media: message_pb2.Media, call: Call) -> dict[str, Any]:
    if media.filename:
        call.drop(Harmless.FILENAME)
    image = {"url": media.uri or data_uri(media)}
    if media.detail:
        image["detail"] = media.detail
    return {"type": "image_url", "image_url": image}


def _answer(parts: Iterable[Part], call: Call) -> dict[str, Any]:
    """Render what the model once said: the plan, thoughts and words, tool calls."""
    made: dict[str, Any] = {"role": "assistant"}
    content: list[Any] = []
    calls: list[dict[str, Any]] = []
    plans: list[str] = []
    for part in parts:
        state = state_of(part, call)
        match part.WhichOneof("kind"):
            case "tool_call":
                calls.append(_call(part.tool_call))
            case "provider_part":
                content.append(raw_json(part.provider_part.json))
            case "reasoning" if part.provider_state.kind != KIND:
                call.drop("messages[].parts[].reasoning")
            case "reasoning" if state.get("type") == "tool_plan":
                plans.append(part.reasoning.text)
            case "reasoning":
                content.append({"type": "thinking", "thinking": part.reasoning.text})
            case _:
                content.append(_text(part))
    if plans:
        made["tool_plan"] = "".join(plans)
    if any(map(_says, content)) or not calls:
        made["content"] = _content(content)
    if calls:
        made["tool_calls"] = calls
    return made


def _call(call: message_pb2.ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments_json or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _result(part: Part, call: Call) -> dict[str, Any]:
    result = part.tool_result
    for inner in (part, *result.parts):
        state_of(inner, call)
    return {"role": "tool", "tool_call_id": result.tool_call_id, "content": _content(map(_text, result.parts))}


def _text(part: Part) -> dict[str, Any]:
    return {"type": "text", "text": part.text or part.refusal}


def _content(blocks: Iterable[Any]) -> str | list[Any]:
    """Make a content of blocks: those that say nothing are left out, and one of text alone is a bare text."""
    said = list(filter(_says, blocks))
    if not said:
        return ""
    first = said[0]
    if len(said) == 1 and isinstance(first, dict) and first["type"] == "text":
        text: str = first["text"]
        return text
    return said


def _says(block: Any) -> bool:
    return not isinstance(block, dict) or bool(block.get("text", block.get("thinking", True)))
