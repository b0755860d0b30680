"""Anthropic's Messages."""

import json
from collections.abc import Mapping
from typing import Any

from replay.reader_errors import failed, truncated
from replay.reading import (
    Answer,
    Citation,
    Failure,
    Item,
    Part,
    Reasoning,
    Text,
    ToolCall,
    Usage,
    events,
    finish_of,
    inner,
    objects,
)

Fields = Mapping[str, Any]


def read(body: bytes, *, streamed: bool) -> Answer | Failure:
    """Read the body of an answer with status 200."""
    if not streamed:
        return _told(json.loads(body))
    message: dict[str, Any] = {}
    for _, data in events(body):
        event = json.loads(data)
        match event["type"]:
            case "error":
                return failed(0, event)
            case "message_stop":
                return _told(message)
            case "message_start":
                # A second one: what came before is void.
                message = {**event["message"], "usage": dict(event["message"]["usage"]), "content": []}
            case "content_block_start":
                message["content"].append({**event["content_block"], "written": ""})
            case "content_block_delta":
                _grow(message["content"][event["index"]], event["delta"])
            case "message_delta":
                message |= event["delta"]
                # Counts are totals so far.
                message["usage"] |= {name: count for name, count in event["usage"].items() if count is not None}
    return truncated()


def _grow(block: dict[str, Any], delta: Fields) -> None:
    match delta["type"]:
        case "input_json_delta":
            block["written"] += delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case "text_delta" | "thinking_delta" | "signature_delta" | "compaction_delta":
            name = next(name for name in delta if name != "type")
            block[name] = (block.get(name) or "") + delta[name]


def _told(message: Fields) -> Answer:
    parts = tuple(part for block in message["content"] if (part := _part(block)) is not None)
    word = message.get("stop_reason") or ""
    return Answer(
        parts=parts,
        finish=finish_of(word, parts),
        provider_finish=word,
        model=message["model"],
        usage=_usage(message["usage"]),
        stop_sequence=message.get("stop_sequence") or "",
    )


def _part(block: Fields) -> Part | None:
    """Make the part of a block, `written` being the fragments of its input; None for an empty text."""
    fields = dict(block)
    written = fields.pop("written", "")
    match fields["type"]:
        case "text":
            citations = tuple(map(_citation, objects(fields.get("citations"))))
            return Text(fields["text"], citations) if fields["text"] else None
        case "thinking":
            return Reasoning(fields["thinking"], hidden=not fields["thinking"])
        case "redacted_thinking":
            return Reasoning("", hidden=True)
        case "tool_use":
            streamed = written or json.dumps(fields["input"])
            return ToolCall(fields["id"], fields["name"], streamed if "written" in block else fields["input"])
        case kind:
            return Item(kind, {**fields, "input": json.loads(written)} if written else fields)


def _citation(citation: Fields) -> Citation:
    """Read where a source is and how it is called; its positions are those in the source."""
    uri = citation.get("url") or citation.get("source") or ""
    return Citation(uri, citation.get("title") or citation.get("document_title") or "")


def _usage(usage: Fields) -> Usage:
    read, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    return Usage(
        input=usage["input_tokens"] + (read or 0) + (written or 0),
        output=usage["output_tokens"],
        cache_read=read,
        cache_write=written,
        reasoning=inner(usage, "output_tokens_details").get("thinking_tokens"),
    )
