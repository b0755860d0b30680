"""The rules of messages, wherever they stand: in the conversation, or in the value of a prompt's variable."""

from collections.abc import Sequence

from llmrpc.v1 import message_pb2
from llmrpc_server.requests.rules import Found, json_text, known

# Each costs some microseconds in which nobody else is served, and a request has room for millions of empty ones.
MAX_PARTS = 100_000

_ROLES = frozenset(message_pb2.Role.values())


def has_too_many_parts(messages: Sequence[message_pb2.Message]) -> bool:
    """Tell whether messages have more parts than they may, those in results of tools included."""
    # A message without parts counts as well.
    count = len(messages)
    for message in messages if count <= MAX_PARTS else ():
        count += max(len(message.parts) - 1, 0)
        if count > MAX_PARTS:
            break
        if message.role == message_pb2.ROLE_TOOL:
            count += sum(len(part.tool_result.parts) for part in message.parts)
    return count > MAX_PARTS


def found_in_message(message: message_pb2.Message, path: str) -> Found:
    """Find what is wrong with a message."""
    if message.role == message_pb2.ROLE_UNSPECIFIED:
        yield f"{path}.role", "must be set"
    yield from known(f"{path}.role", "role", message.role, _ROLES)
    if not message.parts:
        yield f"{path}.parts", "must hold at least one part"
    for number, part in enumerate(message.parts):
        yield from _check_part(part, f"{path}.parts[{number}]")
        is_result = part.WhichOneof("kind") == "tool_result"
        if is_result != (message.role == message_pb2.ROLE_TOOL):
            yield f"{path}.parts[{number}]", "must be a tool result if, and only if, the role is TOOL"


def _check_part(part: message_pb2.ContentPart, path: str) -> Found:
    match part.WhichOneof("kind"):
        case None:
            yield (
                path,
                "must be text, media, a tool call, a tool result or another kind that this server knows",
            )
        case "media":
            yield from found_in_media(part.media, f"{path}.media")
        case "tool_call":
            if not part.tool_call.name:
                yield f"{path}.tool_call.name", "must be set"
        case "tool_result":
            if not part.tool_result.tool_call_id:
                yield f"{path}.tool_result.tool_call_id", "must be the id of the call that it answers"
            for number, inner in enumerate(part.tool_result.parts):
                yield from _check_inner_part(inner, f"{path}.tool_result.parts[{number}]")
        case "provider_part":
            yield from _check_provider_part(part.provider_part, f"{path}.provider_part")


def _check_provider_part(part: message_pb2.ProviderPart, path: str) -> Found:
    for name in ("kind", "type"):
        if not getattr(part, name):
            yield f"{path}.{name}", "must be set"
    yield from json_text(f"{path}.json", part.json, dict)


def _check_inner_part(part: message_pb2.ContentPart, path: str) -> Found:
    if part.WhichOneof("kind") in {"text", "media"}:
        yield from _check_part(part, path)
    else:
        yield path, "must be text or media"


def found_in_media(media: message_pb2.Media, path: str) -> Found:
    """Find what is wrong with media."""
    match media.WhichOneof("source"):
        case None:
            yield path, "must have data, a uri or a file_id"
        case "data" if not media.mime_type:
            yield f"{path}.mime_type", 'must be set with data, for example "image/png"'
        case "uri" if media.uri.startswith("data:"):
            yield f"{path}.uri", "must be an https address; put the bytes themselves into data"
        case "uri" if not media.uri.startswith("https://"):
            yield f"{path}.uri", "must be an https address"
