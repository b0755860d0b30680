"""Sources of what an answer says: annotations of the message, and what search vendors tell beside it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.openai_chat.wire import Fields

_MAX_POSITION = 2**31 - 1


def of_annotation(annotation: msgspec.Raw) -> message_pb2.Citation:
    """Read an annotation; what it says of its source stands in a field of its type's name, or beside the type.

    Raises:
        msgspec.DecodeError: It is not JSON.
    """
    told = _decoded(annotation)
    inner = told.get(str(told.get("type")))
    source = inner if isinstance(inner, dict) else told
    return message_pb2.Citation(
        title=_text(source, "title", "filename", "name"),
        uri=_text(source, "url"),
        quote=_text(source, "content", "quote"),
        start_index=_position(source.get("start_index")),
        end_index=_position(source.get("end_index")),
        json=bytes(annotation).decode(),
    )


def of_sources(sources: msgspec.Raw) -> Iterator[message_pb2.Citation]:
    """Read a list of sources, each an object or a bare address; nothing else is one.

    Raises:
        msgspec.DecodeError: It is not JSON.
    """
    if not bytes(sources).startswith(b"["):
        return
    for one in msgspec.json.decode(sources, type=list[msgspec.Raw]):
        source = _decoded(one)
        yield message_pb2.Citation(
            title=_text(source, "title"),
            uri=_text(source, "url"),
            quote=_text(source, "snippet"),
            json=bytes(one).decode(),
        )


def _decoded(raw: msgspec.Raw) -> Fields:
    value = msgspec.json.decode(raw)
    if isinstance(value, str):
        return {"url": value}
    return value if isinstance(value, dict) else {}


def _text(fields: Fields, *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")


def _position(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_POSITION
    return value if known else None
