"""A citation of Cohere's as one of ours."""

from collections.abc import Mapping
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.cohere_chat.wire import Citation, Source

# Positions are 32 bits wide on our side.
_FAR = 2**31

_TITLES = ("title",)
_ADDRESSES = ("url", "uri")
_WORDS = ("text", "snippet", "content")


def to_citation(citation: Citation, json: bytes) -> message_pb2.Citation:
    """Tell a citation by its first source; `json` has them all."""
    source = _fields(citation.sources[0]) if citation.sources else {}
    return message_pb2.Citation(
        title=_first(source, _TITLES),
        uri=_first(source, _ADDRESSES),
        quote=_first(source, _WORDS),
        start_index=_position(citation.start),
        end_index=_position(citation.end),
        json=json.decode(),
    )


def _fields(source: Source) -> Mapping[str, Any]:
    """Return what the caller once sent as a document, or as a tool's result."""
    return source.document or source.tool_output or {}


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str)), "")


def _position(index: int | None) -> int | None:
    return index if index is not None and 0 <= index < _FAR else None
