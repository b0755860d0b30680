"""Anthropic's Messages, written from its documentation."""

import json
import random

from fuzz.answers import (
    Called,
    Event,
    Fields,
    Part,
    Script,
    Spoken,
    Step,
    Written,
    finish_of,
    first_words,
    sprinkled,
    woven,
)

_WORDS = {
    "stop": ("end_turn", "STOP"),
    "length": ("max_tokens", "MAX_TOKENS"),
    "tool_calls": ("tool_use", "TOOL_CALLS"),
    "filter": ("refusal", "REFUSAL"),
    "other": ("zz_other", "OTHER"),
}


def write(script: Script) -> Written:
    """Write it: each part is a block; an empty one leaves nothing, and a call without arguments has an empty object."""
    dice = random.Random(script.seed)
    word, finish = _WORDS[script.finish]
    counts = script.counts
    read: Fields = {"input_tokens": counts.input - counts.cached, "cache_read_input_tokens": counts.cached}
    wrote: Fields = {
        "output_tokens": counts.output,
        "output_tokens_details": {"thinking_tokens": counts.reasoning},
    }
    frame: Fields = {"id": "m1", "type": "message", "role": "assistant", "model": "m"}
    blocks, parts = woven(dice, [_steps(part, index) for index, part in enumerate(script.parts)])
    events = [
        _event("message_start", message={**frame, "content": [], "usage": {**read, "output_tokens": 1}}),
        *blocks,
        _event("message_delta", delta={"stop_reason": word, "stop_sequence": None}, usage=wrote),
        _event("message_stop"),
    ]
    for _ in range(dice.randint(0, 2)):
        events.insert(dice.randrange(len(events)), _event(dice.choice(("ping", "zz_new")), delta=7))
    whole: Fields = {
        **frame,
        "content": [_block(part) for part in script.parts],
        "stop_reason": word,
        "usage": {**read, **wrote},
    }
    return Written(
        events=[(name, sprinkled(dice, event, script.extras)) for name, event in events],
        parts=parts,
        whole=sprinkled(dice, whole, script.extras),
        whole_parts=[_whole_part(part) for part in script.parts if part.part is not None],
        finish=finish_of(finish, parts),
        provider_finish=word,
    )


def _event(type_: str, **fields: object) -> Event:
    return type_, {"type": type_, **fields}


def _part(part: Spoken | Called) -> Part:
    if isinstance(part, Called):
        return ("call", part.id, part.name, part.arguments or "{}")
    return (part.voice, "".join(part.pieces))


def _steps(part: Spoken | Called, index: int) -> list[Step]:
    if isinstance(part, Called):
        field, type_, first = "partial_json", "input_json_delta", -1
        block: Fields = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
    else:
        field, type_ = ("text", "text_delta") if part.voice == "text" else ("thinking", "thinking_delta")
        block = {"type": field, field: ""}
        first = first_words(part.pieces)
    begins = _part(part)
    steps: list[Step] = [
        (_event("content_block_start", index=index, content_block=block), begins if isinstance(part, Called) else None)
    ]
    for at, piece in enumerate(part.pieces):
        delta = {"type": type_, field: piece}
        steps.append((_event("content_block_delta", index=index, delta=delta), begins if at == first else None))
    steps.append((_event("content_block_stop", index=index), None))
    return steps


def _block(part: Spoken | Called) -> Fields:
    """Write a whole block; its arguments can only be an object."""
    if isinstance(part, Called):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": {"text": part.arguments}}
    field = "text" if part.voice == "text" else "thinking"
    return {"type": field, field: "".join(part.pieces)}


def _whole_part(part: Spoken | Called) -> Part:
    if isinstance(part, Called):
        return ("call", part.id, part.name, json.dumps({"text": part.arguments}))
    return _part(part)
