"""Chat Completions, as OpenAI and the vendors that follow it answer.

The deltas of a stream are told in the order in which they come: another voice, or a tool call, begins a new part.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from replay.reader_errors import failed, truncated
from replay.reading import (
    Answer,
    Audio,
    Citation,
    Failure,
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
# What a message, or a delta of one, says: a voice and its words, or "call" and the call.
Said = tuple[str, Any]


def read(body: bytes, *, streamed: bool) -> Answer | Failure:
    """Read the body of an answer with status 200."""
    if not streamed:
        return _told([json.loads(body)], "message")
    chunks: list[Fields] = []
    for name, data in events(body):
        if data == "[DONE]":
            return _told(chunks, "delta")
        chunk = json.loads(data)
        if name == "error" or chunk.get("error"):
            return failed(0, chunk)
        chunks.append(chunk)
        if chunk.get("object") == "chat.completion.done":
            return _told(chunks, "delta")
    # Some servers send no marker; theirs is the last chunk, which has both.
    last = next((chunk for chunk in reversed(chunks) if chunk.get("choices")), {})
    if _finish(last) and last.get("usage"):
        return _told(chunks, "delta")
    return truncated()


def _told(chunks: list[Fields], where: str) -> Answer | Failure:
    if chunks[-1].get("error"):
        return failed(0, chunks[-1])
    messages = [inner(choice, where) for chunk in chunks for choice in _choices(chunk)]
    parts = _parts([said for message in messages for said in _said(message)])
    parts += [Audio(base64.b64decode(sound["data"])) for message in messages if (sound := message.get("audio"))]
    citations = [_citation(one) for message in messages for one in objects(message.get("annotations"))]
    _cite(parts, citations or _sources(chunks[-1]))
    word = next(filter(None, map(_finish, reversed(chunks))), "")
    usages = [usage for chunk in chunks if (usage := chunk.get("usage") or inner(chunk, "x_groq").get("usage"))]
    return Answer(
        parts=tuple(parts),
        finish=finish_of(word, parts),
        provider_finish=word,
        model=next((chunk["model"] for chunk in chunks if chunk.get("model")), ""),
        usage=_usage(usages[-1]) if usages else None,
        logprobs=sum(
            len(inner(choice, "logprobs").get("content") or []) for chunk in chunks for choice in _choices(chunk)
        ),
    )


def _choices(chunk: Fields) -> list[Fields]:
    return [choice for choice in objects(chunk.get("choices")) if not choice.get("index")]


def _finish(chunk: Fields) -> str:
    return next((choice["finish_reason"] for choice in _choices(chunk) if choice.get("finish_reason")), "")


def _said(message: Fields) -> Iterator[Said]:
    yield "reasoning", message.get("reasoning_content") or message.get("reasoning") or ""
    content = message.get("content") or ""
    pieces: list[Fields] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for piece in pieces:
        if piece["type"] == "thinking":
            yield "reasoning", "".join(thought["text"] for thought in piece["thinking"])
        else:
            yield "text", piece["text"]
    yield "text", inner(message, "audio").get("transcript") or ""
    yield "refusal", message.get("refusal") or ""
    for call in objects(message.get("tool_calls")):
        yield "call", call


def _parts(saying: list[Said]) -> list[Part]:
    """Put pieces together: words of one voice that follow each other, and a call's fragments by its index."""
    drafts: list[tuple[str, Any]] = []
    open_calls: dict[int, dict[str, str]] = {}
    for voice, what in saying:
        if voice == "call":
            index, function = what.get("index", len(open_calls)), what["function"]
            call = open_calls.get(index)
            if call is None or what.get("id", "") not in {"", call["id"]}:
                call = open_calls[index] = {"id": what["id"], "name": function["name"], "arguments": ""}
                drafts.append(("call", call))
            call["arguments"] += function.get("arguments") or ""
        elif what and drafts and drafts[-1][0] == voice:
            drafts[-1] = (voice, drafts[-1][1] + what)
        elif what:
            drafts.append((voice, what))
    return [_part(voice, what) for voice, what in drafts]


def _part(voice: str, what: Any) -> Part:
    match voice:
        case "call":
            return ToolCall(**what)
        case "reasoning":
            return Reasoning(what)
        case "refusal":
            return Refusal(what)
        case _:
            return Text(what)


def _citation(annotation: Fields) -> Citation:
    cited = annotation["url_citation"]
    return Citation(cited["url"], cited.get("title") or "", cited.get("start_index"), cited.get("end_index"))


def _sources(chunk: Fields) -> list[Citation]:
    """Read the sources that Perplexity tells beside the message, every time all of them."""
    found = [Citation(one["url"], one.get("title") or "") for one in objects(chunk.get("search_results"))]
    return found or [Citation(uri) for uri in chunk.get("citations") or []]


def _cite(parts: list[Part], citations: list[Citation]) -> None:
    for index, part in reversed(list(enumerate(parts))):
        if isinstance(part, Text):
            parts[index] = Text(part.text, tuple(citations))
            return


def _usage(usage: Fields) -> Usage:
    of_input, of_output = inner(usage, "prompt_tokens_details"), inner(usage, "completion_tokens_details")
    read, output = usage["prompt_tokens"], usage["completion_tokens"]
    reasoning = of_output.get("reasoning_tokens")
    if reasoning and usage.get("total_tokens") == read + output + reasoning:
        output += reasoning
    cached = (of_input.get("cached_tokens"), usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens"))
    return Usage(
        input=read,
        output=output,
        cache_read=next((count for count in cached if count is not None), None),
        cache_write=of_input.get("cache_write_tokens"),
        reasoning=reasoning,
        audio_input=of_input.get("audio_tokens"),
        audio_output=of_output.get("audio_tokens"),
    )
