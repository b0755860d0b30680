"""Streamed answers of Cohere v2 Chat."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from fault_provider.answer import Block
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Event, Part, Reply

from .errors import trace_id
from .response import (
    citation,
    content_block,
    content_delta,
    contents,
    finish_reason,
    of_text,
    plan,
    token_logprob,
    tool_call,
    usage,
)


def events(reply: Reply) -> Iterator[Event]:
    """Yield the answer's events; `message-end` is its end, `[DONE]` follows."""
    begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _event(Part.OPENING, "message-start", id=trace_id(reply.number), delta={"message": begun})
    if reply.answer.of("unknown"):
        yield _event(Part.OPENING, f"{TYPE}-info", delta=_in_message(**{TYPE: 1}))
    said = 0
    for index, block in enumerate(contents(reply)):
        yield from _content(reply, block, index, Part.FRAME if said else Part.OPENING)
        said += len(block.tokens)
    if (planned := plan(reply)) is not None:
        for token in planned.tokens:
            yield _event(Part.TOKEN, "tool-plan-delta", delta=_in_message(tool_plan=token))
        said += len(planned.tokens)
        yield from _citation(reply)
    yield from _calls(reply, Part.FRAME if said else Part.OPENING)
    delta: dict[str, Any] = {"finish_reason": finish_reason(reply)}
    if reply.with_usage:
        delta["usage"] = usage(reply)
    yield _event(Part.END, "message-end", delta=delta)
    yield Event(Part.END, "[DONE]")


def _content(reply: Reply, block: Block, index: int, opening: Part) -> Iterator[Event]:
    """Yield a block, the citation after its text."""
    yield _event(opening, "content-start", index=index, delta=_in_message(content=content_block(block, begun=True)))
    if block.kind == "unknown":
        yield _event(opening, "content-delta", index=index, delta=_in_message(content=content_delta(block, "à")))
    found = [token_logprob(each) for each in of_text(reply)] if block.kind == "text" else []
    for token, logprob in zip_longest(block.tokens, found):
        grown = {"delta": _in_message(content=content_delta(block, token))}
        yield _event(Part.TOKEN, "content-delta", index=index, **grown, **({"logprobs": logprob} if logprob else {}))
    if block.kind == "text":
        yield from _citation(reply)
    yield _event(Part.FRAME, "content-end", index=index)


def _citation(reply: Reply) -> Iterator[Event]:
    """Yield the citation."""
    if (cited := citation(reply)) is not None:
        yield _event(Part.FRAME, "citation-start", index=0, delta=_in_message(citations=cited))
        yield _event(Part.FRAME, "citation-end", index=0)


def _calls(reply: Reply, opening: Part) -> Iterator[Event]:
    """Yield the tool calls one after the other."""
    for call in reply.answer.calls:
        begun = _in_message(tool_calls=tool_call(reply, call, begun=True))
        yield _event(Part.FRAME if call.position else opening, "tool-call-start", index=call.position, delta=begun)
        for token in call.tokens:
            grown = _in_message(tool_calls={"function": {"arguments": token}})
            yield _event(Part.TOKEN, "tool-call-delta", index=call.position, delta=grown)
        yield _event(Part.FRAME, "tool-call-end", index=call.position)


def _in_message(**fields: Any) -> dict[str, Any]:
    """Return a delta."""
    return {"message": fields}


def _event(part: Part, name: str, **fields: Any) -> Event:
    """Return a named event; only the first has an id."""
    return Event(part, {"type": name, **fields}, name)
