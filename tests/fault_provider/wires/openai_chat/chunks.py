"""Streamed answers of Chat Completions."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from fault_provider.answer import Block
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Event, Part, Reply

from .completion import annotations, finish_reason, frame, of_text, token_logprobs, tool_call, usage

_PADDING = "WuQNXIPio8PDecz"

_Step = tuple[Part, dict[str, Any]]


def chunks(reply: Reply) -> Iterator[Event]:
    """Yield the chunks of the answer, the usage if it was asked for, and `[DONE]`."""
    base = frame(reply, "chat.completion.chunk")
    has_usage = reply.prompt.include_usage and reply.with_usage
    if has_usage:
        base |= {"usage": None}
    position = 0

    def chunk(part: Part, **fields: Any) -> Event:
        """Return one chunk; obfuscation evens out the lengths."""
        nonlocal position
        value = base | fields
        if reply.prompt.include_obfuscation:
            value["obfuscation"] = _PADDING[: 1 + position % len(_PADDING)]
        position += 1
        return Event(part, value)

    if reply.answer.of("unknown"):
        yield chunk(Part.OPENING, object=f"chat.completion.{TYPE}", choices=[])
    for part, choice in _choices(reply):
        yield chunk(part, choices=[choice])
    if has_usage:
        yield chunk(Part.FRAME, choices=[], usage=usage(reply))
    yield Event(Part.END, "[DONE]")


def _choices(reply: Reply) -> Iterator[_Step]:
    """Yield each chunk's only choice."""
    answer = reply.answer
    text = answer.of("text")
    yield _step(Part.OPENING, {"role": "assistant", "content": None if text is None else "", "refusal": None})
    for block in answer.blocks:
        match block.kind:
            case "reasoning":
                yield from (_step(Part.TOKEN, {"reasoning_content": token}) for token in block.tokens)
            case "refusal":
                yield from (_step(Part.TOKEN, {"refusal": token}) for token in block.tokens)
            case "text":
                yield from _text(reply, block)
    yield from _calls(reply)
    yield _step(Part.FRAME, {}, finish=finish_reason(reply))


def _text(reply: Reply, block: Block) -> Iterator[_Step]:
    """Yield the text with its log probabilities, then what it cites."""
    for token, logprob in zip_longest(block.tokens, of_text(reply)):
        yield _step(Part.TOKEN, {"content": token}, logprobs=token_logprobs([logprob] if logprob else []))
    if cited := annotations(reply):
        yield _step(Part.FRAME, {"annotations": cited})


def _calls(reply: Reply) -> Iterator[_Step]:
    """Yield all calls' beginnings, then their arguments in turn, so that the calls interleave."""
    calls = reply.answer.calls
    begins = Part.FRAME if reply.answer.size > sum(len(call.tokens) for call in calls) else Part.OPENING
    for call in calls:
        function = {"name": call.tool, "arguments": ""}
        begun = {"index": call.position, **tool_call(reply, call), "function": function}
        yield _step(begins, {"tool_calls": [begun]})
    for tokens in zip_longest(*(call.tokens for call in calls)):
        for call, token in zip(calls, tokens, strict=True):
            if token is not None:
                grown = {"index": call.position, "function": {"arguments": token}}
                yield _step(Part.TOKEN, {"tool_calls": [grown]})


def _step(part: Part, delta: dict[str, Any], *, finish: str | None = None, logprobs: Any = None) -> _Step:
    """Return a choice."""
    return part, {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
