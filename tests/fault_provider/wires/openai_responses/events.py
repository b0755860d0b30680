"""Streamed answers of Responses."""

from collections.abc import Iterator
from itertools import count, zip_longest
from typing import Any

from fault_provider.answer import Block
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Event, Part, Reply

from .response import (
    annotations,
    begun_item,
    begun_response,
    content_part,
    finished_response,
    item,
    of_text,
    token_logprob,
)

_PADDING = "mZhSFjZXJr0Xq7Lw"

_Step = tuple[Part, str, dict[str, Any]]


def events(reply: Reply) -> Iterator[Event]:
    """Yield the named events, numbered from 0."""
    for number, (part, name, fields) in zip(count(), _steps(reply), strict=False):
        value = {"type": name, **fields, "sequence_number": number}
        if part is Part.TOKEN and reply.prompt.include_obfuscation:
            value["obfuscation"] = _PADDING[: 1 + number % len(_PADDING)]
        yield Event(part, value, name)


def _steps(reply: Reply) -> Iterator[_Step]:
    """Yield the response's beginning, its items and its end."""
    begun = begun_response(reply)
    yield Part.OPENING, "response.created", {"response": begun}
    yield Part.OPENING, "response.in_progress", {"response": begun}
    whole = finished_response(reply)
    for position, block in enumerate(reply.answer.blocks):
        opening = Part.FRAME if any(earlier.tokens for earlier in reply.answer.blocks[:position]) else Part.OPENING
        where = {"output_index": position}
        yield opening, "response.output_item.added", {**where, "item": begun_item(reply, position)}
        yield from _block(reply, block, opening, {"item_id": whole["output"][position]["id"], **where})
        yield Part.FRAME, "response.output_item.done", {**where, "item": item(reply, position, whole["status"])}
    yield Part.END, f"response.{whole['status']}", {"response": whole}


def _block(reply: Reply, block: Block, opening: Part, where: dict[str, Any]) -> Iterator[_Step]:
    """Yield what is between an item's beginning and its end."""
    match block.kind:
        case "reasoning":
            yield from _reasoning(block, opening, where | {"summary_index": 0})
        case "call":
            name = "response.function_call_arguments"
            for token in block.tokens:
                yield Part.TOKEN, f"{name}.delta", {**where, "delta": token}
            yield Part.FRAME, f"{name}.done", {**where, "arguments": block.text}
        case "unknown":
            yield opening, f"response.{TYPE}_call.projecting", where
        case _:
            where |= {"content_index": 0}
            yield opening, "response.content_part.added", {**where, "part": content_part(reply, block, begun=True)}
            yield from (_refusal(block, where) if block.kind == "refusal" else _text(reply, block, where))
            yield Part.FRAME, "response.content_part.done", {**where, "part": content_part(reply, block)}


def _reasoning(block: Block, opening: Part, where: dict[str, Any]) -> Iterator[_Step]:
    """Yield a summary of one part."""
    name = "response.reasoning_summary"
    yield opening, f"{name}_part.added", {**where, "part": {"type": "summary_text", "text": ""}}
    for token in block.tokens:
        yield Part.TOKEN, f"{name}_text.delta", {**where, "delta": token}
    yield Part.FRAME, f"{name}_text.done", {**where, "text": block.text}
    yield Part.FRAME, f"{name}_part.done", {**where, "part": {"type": "summary_text", "text": block.text}}


def _text(reply: Reply, block: Block, where: dict[str, Any]) -> Iterator[_Step]:
    """Yield the text with its log probabilities, then what it cites."""
    found = [token_logprob(each) for each in of_text(reply, block.tokens)]
    for token, logprob in zip_longest(block.tokens, found):
        logprobs = [] if logprob is None else [logprob]
        yield Part.TOKEN, "response.output_text.delta", {**where, "delta": token, "logprobs": logprobs}
    for position, each in enumerate(annotations(reply)):
        added = {**where, "annotation_index": position, "annotation": each}
        yield Part.FRAME, "response.output_text.annotation.added", added
    yield Part.FRAME, "response.output_text.done", {**where, "text": block.text, "logprobs": found}


def _refusal(block: Block, where: dict[str, Any]) -> Iterator[_Step]:
    """Yield the words that decline."""
    for token in block.tokens:
        yield Part.TOKEN, "response.refusal.delta", {**where, "delta": token}
    yield Part.FRAME, "response.refusal.done", {**where, "refusal": block.text}
