"""Streamed answers of Messages."""

from collections.abc import Iterator
from typing import Any

from fault_provider.answer import Block
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Event, Part, Reply

from .message import begun_block, begun_message, begun_usage, citation, ended_usage, signature, spoken, stop

_GROWS = {
    "reasoning": ("thinking_delta", "thinking"),
    "text": ("text_delta", "text"),
    "call": ("input_json_delta", "partial_json"),
}


def events(reply: Reply) -> Iterator[Event]:
    """Yield the named events; a ping comes with the first block."""
    begun = begun_message(reply) | {"stop_reason": None, "stop_sequence": None, "stop_details": None}
    if reply.with_usage:
        begun["usage"] = begun_usage(reply)
    yield _event(Part.OPENING, "message_start", message=begun)
    if reply.answer.of("unknown"):
        yield _event(Part.OPENING, TYPE, **{TYPE: 1})
    blocks = spoken(reply)
    for index, block in enumerate(blocks):
        opening = Part.FRAME if any(earlier.tokens for earlier in blocks[:index]) else Part.OPENING
        yield _event(opening, "content_block_start", index=index, content_block=begun_block(reply, block))
        if index == 0:
            yield _event(Part.OPENING, "ping")
        yield from _block(reply, block, opening, index)
        yield _event(Part.FRAME, "content_block_stop", index=index)
    ended: dict[str, Any] = {"delta": stop(reply)}
    if reply.with_usage:
        ended["usage"] = ended_usage(reply)
    yield _event(Part.FRAME, "message_delta", **ended)
    yield _event(Part.END, "message_stop")


def _block(reply: Reply, block: Block, opening: Part, index: int) -> Iterator[Event]:
    """Yield a block's deltas; a citation comes before the text that it is about."""
    if block.kind == "unknown":
        yield _delta(opening, index, f"{TYPE}_delta", {TYPE: "à"})
        return
    if block.kind == "text" and (cited := citation(reply)):
        yield _delta(opening, index, "citations_delta", {"citation": cited})
    kind, name = _GROWS[block.kind]
    for token in block.tokens:
        yield _delta(Part.TOKEN, index, kind, {name: token})
    if block.kind == "reasoning":
        yield _delta(Part.FRAME, index, "signature_delta", {"signature": signature(reply)})


def _delta(part: Part, index: int, kind: str, fields: dict[str, Any]) -> Event:
    """Return what a block grows by."""
    return _event(part, "content_block_delta", index=index, delta={"type": kind, **fields})


def _event(part: Part, kind: str, **fields: Any) -> Event:
    """Return a named event."""
    return Event(part, {"type": kind, **fields}, kind)
