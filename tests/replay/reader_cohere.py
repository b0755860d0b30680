"""Cohere's Chat, version 2."""

import json
from collections.abc import Mapping
from typing import Any

from replay.reader_errors import truncated
from replay.reading import (
    Answer,
    Citation,
    Failure,
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
    message: dict[str, Any] = {"tool_plan": "", "content": [], "tool_calls": [], "citations": []}
    for _, data in events(body):
        event = json.loads(data)
        if event["type"] == "message-end":
            return _told({"message": message, **event["delta"]})
        _grow(message, event)
    return truncated()


def _grow(message: dict[str, Any], event: Fields) -> None:
    said = inner(event, "delta", "message")
    match event["type"]:
        case "tool-plan-delta":
            message["tool_plan"] += said["tool_plan"]
        case "content-start":
            message["content"].append(dict(said["content"]))
        case "content-delta":
            block = message["content"][event["index"]]
            for name in ("text", "thinking"):
                block[name] = block.get(name, "") + said["content"].get(name, "")
        case "tool-call-start":
            call = said["tool_calls"]
            message["tool_calls"].append({**call, "function": dict(call["function"])})
        case "tool-call-delta":
            function = message["tool_calls"][event["index"]]["function"]
            function["arguments"] += said["tool_calls"]["function"]["arguments"]
        case "citation-start":
            message["citations"].append(said["citations"])


def _told(answer: Fields) -> Answer:
    message = answer["message"]
    plan, blocks = message.get("tool_plan"), objects(message.get("content"))
    last_text = max((index for index, block in enumerate(blocks) if block.get("text")), default=-1)
    parts: list[Part] = [Reasoning(plan)] if plan else []
    for index, block in enumerate(blocks):
        if block.get("thinking"):
            parts.append(Reasoning(block["thinking"]))
        if block.get("text"):
            cites = [one for one in objects(message.get("citations")) if one.get("content_index", last_text) == index]
            parts.append(Text(block["text"], tuple(map(_citation, cites))))
    calls = [(call["id"], call["function"]) for call in objects(message.get("tool_calls"))]
    parts += [ToolCall(id_, function["name"], function["arguments"]) for id_, function in calls]
    word = answer["finish_reason"]
    return Answer(
        parts=tuple(parts),
        finish=finish_of(word, parts),
        provider_finish=word,
        # It never tells which model answers.
        model="",
        usage=_usage(answer["usage"]),
    )


def _citation(citation: Fields) -> Citation:
    source = inner(objects(citation["sources"])[0], "document")
    return Citation(source.get("url") or "", source.get("title") or "", citation["start"], citation["end"])


def _usage(usage: Fields) -> Usage:
    tokens = usage.get("tokens") or usage["billed_units"]
    return Usage(
        input=tokens["input_tokens"],
        output=tokens["output_tokens"],
        cache_read=usage.get("cached_tokens"),
        reasoning=tokens.get("reasoning_tokens"),
    )
