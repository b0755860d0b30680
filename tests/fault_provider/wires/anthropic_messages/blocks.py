"""Reads the content blocks of a request of Messages."""

from collections.abc import Callable

from fault_provider import media
from fault_provider.fields import Described, Fields, Readers, read_parts, said
from fault_provider.prompt import tool_call

_HOSTED = (
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "mcp_tool_result",
    "mcp_tool_use",
    "server_tool_use",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
)


def _text(block: Fields) -> Described:
    block.ignore("citations")
    text = block.need("text", str)
    if not text:
        raise block.invalid("text content blocks must be non-empty", "text")
    return {"type": "text", "text": text}


def _source(kind: str, source: Fields) -> Described:
    """Read where bytes are; documents can also be plain text or blocks."""
    match source.choice("type", "base64", "url", "file", *(("text", "content") if kind == "document" else ())):
        case "base64":
            return media.from_base64(kind, source.need("media_type", str), source, "data")
        case "url":
            return media.from_url(kind, source, "url")
        case "file":
            return media.from_file_id(kind, source)
        case "content":
            return {"type": kind, "parts": read_parts(source, "content", {**TEXT, "image": _image})}
    data = source.need("data", str)
    return {"type": kind, "mime_type": source.need("media_type", str), "bytes": len(data.encode())}


def _image(block: Fields) -> Described:
    with block.need_fields("source") as source:
        return _source("image", source)


def _document(block: Fields) -> Described:
    title = block.take("title", str)
    block.ignore("context")
    cited = _read_enabled(block)
    with block.need_fields("source") as source:
        return _source("document", source) | said(filename=title, citations=cited or None)


def _search_result(block: Fields) -> Described:
    described = {"type": "search_result", "uri": block.need("source", str), "title": block.need("title", str)}
    _read_enabled(block)
    return described | {"parts": read_parts(block, "content", TEXT)}


def _read_enabled(block: Fields) -> bool:
    """Read whether citations are wanted."""
    if (citations := block.fields("citations")) is None:
        return False
    with citations:
        return bool(citations.take("enabled", bool))


def _thinking(block: Fields) -> Described:
    described = {"type": "reasoning", "text": block.need("thinking", str)}
    return described | {"encrypted": bool(block.need("signature", str))}


def _redacted_thinking(block: Fields) -> Described:
    return {"type": "reasoning", "encrypted": bool(block.need("data", str))}


def _tool_use(block: Fields) -> Described:
    block.ignore("caller")
    return tool_call(block.need("id", str), block.need("name", str), block.need("input", dict))


def _tool_result(block: Fields) -> Described:
    described = {"type": "tool_result", "id": block.need("tool_use_id", str)}
    failed = block.take("is_error", bool)
    parts = read_parts(block, "content", _RESULT) if block.has("content") else []
    block.ignore("content")
    return described | said(is_error=failed or None, parts=parts)


def _hosted(kind: str) -> Callable[[Fields], Described]:
    """Return the reader of a block of a tool that the provider runs itself."""

    def read(block: Fields) -> Described:
        block.ignore_all()
        return {"type": "provider", "kind": kind}

    return read


def _marked(read: Callable[[Fields], Described]) -> Callable[[Fields], Described]:
    """Return the reader of a block that can be where the cached prompt ends."""

    def read_marked(block: Fields) -> Described:
        marked = block.take("cache_control", dict) is not None
        return read(block) | said(cache_breakpoint=marked or None)

    return read_marked


TEXT: Readers = {"text": _marked(_text)}
_RESULT: Readers = {
    **TEXT,
    "image": _marked(_image),
    "document": _marked(_document),
    "search_result": _marked(_search_result),
}
SAID: Readers = {
    **TEXT,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    "tool_use": _marked(_tool_use),
    **{kind: _hosted(kind) for kind in _HOSTED},
}
ASKED: Readers = {**_RESULT, "tool_result": _marked(_tool_result), "container_upload": _hosted("container_upload")}
