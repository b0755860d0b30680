"""The conversation as the items of a request's input."""

import mimetypes
from collections.abc import Iterator
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.conversation import raw_json, state_of
from llmrpc_server.requests.features import Harmless
from llmrpc_server.requests.media import data_uri, kind_of, mime_type

_ROLES = {
    message_pb2.ROLE_SYSTEM: "system",
    message_pb2.ROLE_DEVELOPER: "developer",
    message_pb2.ROLE_USER: "user",
}

Part = message_pb2.ContentPart


def input_items(call: Call) -> list[Any]:
    """Make the items: a message is one, but tool calls, their results and what the vendor made stand by themselves."""
    items: list[Any] = []
    for message in call.messages:
        parts = _without_empty(message.parts)
        if message.role == message_pb2.ROLE_ASSISTANT:
            _add_answer(items, parts, call)
        else:
            items += _items(_ROLES.get(message.role, "user"), parts, call)
    return items


def _without_empty(parts: Any) -> list[Part]:
    """Leave out empty texts, but for the one of a message that has nothing else."""
    return [part for part in parts if part.WhichOneof("kind") != "text" or part.text] or list(parts[:1])


def _items(role: str, parts: list[Part], call: Call) -> Iterator[Any]:
    content: list[Part] = []
    for part in parts:
        if part.WhichOneof("kind") in {"text", "refusal", "media"}:
            content.append(part)
            continue
        if content:
            yield {"role": role, "content": _content(content, call)}
            content = []
        yield from _item(part, call)
    if content:
        yield {"role": role, "content": _content(content, call)}


def _add_answer(items: list[Any], parts: list[Part], call: Call) -> None:
    """Add what the assistant said; parts of one item that follow each other become that item again."""
    for part in parts:
        if part.WhichOneof("kind") not in {"text", "refusal"}:
            items += _item(part, call)
        elif state := state_of(part, call):
            extra = state.pop("content", None)
            content = _said(part) | (extra if isinstance(extra, dict) else {})
            if items and _is_item(items[-1], state.get("id")):
                items[-1]["content"].append(content)
            else:
                items.append({**state, "type": "message", "role": "assistant", "content": [content]})
        else:
            # Without an id it can only be what the API calls an easy message, with a bare text for its content.
            items.append({"role": "assistant", "content": part.text if part.HasField("text") else [_said(part)]})


def _said(part: Part) -> dict[str, Any]:
    if part.HasField("refusal"):
        return {"type": "refusal", "refusal": part.refusal}
    return {"type": "output_text", "text": part.text, "annotations": []}


def _is_item(item: Any, id_: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "message" and id_ is not None and item.get("id") == id_


def _item(part: Part, call: Call) -> Iterator[Any]:
    """Yield the item that a part is by itself, if it can be said at all."""
    match part.WhichOneof("kind"):
        case "tool_call":
            asked = part.tool_call
            yield {
                **state_of(part, call),
                "type": "function_call",
                "call_id": asked.id,
                "name": asked.name,
                "arguments": asked.arguments_json or "{}",
            }
        case "tool_result":
            output = _content(_without_empty(part.tool_result.parts), call)
            yield {"type": "function_call_output", "call_id": part.tool_result.tool_call_id, "output": output}
        case "reasoning":
            if item := state_of(part, call):
                yield item
            else:
                call.drop("messages[].parts[].reasoning")
        case "provider_part":
            yield raw_json(part.provider_part.json)


def _content(parts: list[Part], call: Call) -> str | list[dict[str, Any]]:
    """Make a message's or a result's content: a bare text where that is all there is."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].HasField("text"):
        return parts[0].text
    return [_media(part.media, call) if part.HasField("media") else _text(part) for part in parts]


def _text(part: Part) -> dict[str, Any]:
    return {"type": "input_text", "text": part.text or part.refusal}


def _media(media: message_pb2.Media, call: Call) -> dict[str, Any]:
    source = media.WhichOneof("source")
    if kind_of(media) == "image":
        if media.filename:
            call.drop(Harmless.FILENAME)
        address = {"file_id": media.file_id} if source == "file_id" else {"image_url": media.uri or data_uri(media)}
        return {"type": "input_image", "detail": media.detail or "auto", **address}
    detail = {"detail": media.detail} if media.detail else {}
    return {"type": "input_file", **_file(media, call), **detail}


def _file(media: message_pb2.Media, call: Call) -> dict[str, Any]:
    if media.WhichOneof("source") == "data":
        name = media.filename or "document" + (mimetypes.guess_extension(mime_type(media)) or "")
        return {"filename": name, "file_data": data_uri(media)}
    if media.filename:
        call.drop(Harmless.FILENAME)
    return {"file_id": media.file_id} if media.file_id else {"file_url": media.uri}
