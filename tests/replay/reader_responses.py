"""OpenAI's Responses. A stream ends with the whole answer once more: that is what is read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from replay.reader_errors import failed, truncated
from replay.reading import (
    Answer,
    Citation,
    Failure,
    Item,
    Part,
    Reasoning,
    Refusal,
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
    for _, data in events(body):
        event = json.loads(data)
        match event["type"]:
            case "error":
                return failed(0, event)
            case "response.completed" | "response.incomplete" | "response.failed":
                return _told(event["response"])
    return truncated()


def _told(response: Fields) -> Answer | Failure:
    if response["status"] == "failed":
        return failed(0, response)
    parts = tuple(part for item in response["output"] for part in _parts(item))
    word = inner(response, "incomplete_details").get("reason") or response["status"]
    refused = any(isinstance(part, Refusal) for part in parts)
    return Answer(
        parts=parts,
        finish="REFUSAL" if refused else finish_of(word, parts),
        provider_finish=word,
        model=response["model"],
        usage=_usage(response["usage"]) if response.get("usage") else None,
        logprobs=sum(
            len(content.get("logprobs") or [])
            for item in response["output"]
            if item["type"] == "message"
            for content in item["content"]
        ),
    )


def _parts(item: Fields) -> Iterator[Part]:
    match item["type"]:
        case "message":
            yield from (_said(content) for content in item["content"] if content.get("text") or content.get("refusal"))
        case "reasoning":
            thoughts = [*objects(item.get("summary")), *objects(item.get("content"))]
            text = "\n\n".join(thought["text"] for thought in thoughts)
            if text or item.get("encrypted_content"):
                yield Reasoning(text, hidden=not text)
        case "function_call":
            yield ToolCall(item["call_id"], item["name"], item["arguments"])
        case kind:
            yield Item(kind, item)


def _said(content: Fields) -> Part:
    if content["type"] == "refusal":
        return Refusal(content["refusal"])
    return Text(content["text"], tuple(map(_citation, objects(content.get("annotations")))))


def _citation(annotation: Fields) -> Citation:
    return Citation(
        annotation.get("url") or "",
        annotation.get("title") or annotation.get("filename") or "",
        annotation.get("start_index"),
        annotation.get("end_index"),
    )


def _usage(usage: Fields) -> Usage:
    of_input = inner(usage, "input_tokens_details")
    return Usage(
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        cache_read=of_input.get("cached_tokens"),
        cache_write=of_input.get("cache_write_tokens"),
        reasoning=inner(usage, "output_tokens_details").get("reasoning_tokens"),
    )
