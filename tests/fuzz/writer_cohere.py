"""Cohere's Chat, written from its documentation."""

import itertools
import random

from fuzz.answers import Called, Event, Fields, Script, Spoken, Step, Written, finish_of, first_words, sprinkled, woven

_WORDS = {
    "stop": ("COMPLETE", "STOP"),
    "length": ("MAX_TOKENS", "MAX_TOKENS"),
    "tool_calls": ("TOOL_CALL", "TOOL_CALLS"),
    "filter": ("ZZ_FILTER", "OTHER"),
    "other": ("zz_other", "OTHER"),
}


def write(script: Script) -> Written:
    """Write it: blocks and calls are numbered apart, and a whole answer has its blocks before its calls."""
    dice = random.Random(script.seed)
    word, finish = _WORDS[script.finish]
    counts = script.counts
    usage: Fields = {
        "billed_units": {"input_tokens": 1, "output_tokens": 1},
        "tokens": {
            "input_tokens": counts.input,
            "output_tokens": counts.output,
            "reasoning_tokens": counts.reasoning,
        },
        "cached_tokens": counts.cached,
    }
    spoken = [part for part in script.parts if isinstance(part, Spoken)]
    calls = [part for part in script.parts if isinstance(part, Called)]
    said, called = itertools.count(), itertools.count()
    told, parts = woven(
        dice, [_steps(part, next(said if isinstance(part, Spoken) else called)) for part in script.parts]
    )
    events = [
        _event("message-start", id="1", delta={"message": {"role": "assistant", "content": []}}),
        *told,
        _event("message-end", delta={"finish_reason": word, "usage": usage}),
    ]
    for _ in range(dice.randint(0, 2)):
        events.insert(dice.randrange(len(events)), _event("zz-new", delta=7))
    message: Fields = {"role": "assistant", "content": [_block(part, "".join(part.pieces)) for part in spoken]}
    if calls:
        message["tool_calls"] = [_call(call, call.arguments) for call in calls]
    whole = {"id": "1", "finish_reason": word, "message": message, "usage": usage}
    return Written(
        events=[(name, sprinkled(dice, event, script.extras)) for name, event in events],
        parts=parts,
        whole=sprinkled(dice, whole, script.extras),
        whole_parts=[*(part.part for part in spoken if part.part is not None), *(call.part for call in calls)],
        finish=finish_of(finish, parts),
        provider_finish=word,
    )


def _event(type_: str, **fields: object) -> Event:
    return type_, {"type": type_, **fields}


def _about(type_: str, index: int, **message: Fields) -> Event:
    return _event(type_, index=index, delta={"message": message})


def _steps(part: Spoken | Called, index: int) -> list[Step]:
    if isinstance(part, Called):
        started = _about("tool-call-start", index, tool_calls=_call(part, ""))
        grown = [
            _about("tool-call-delta", index, tool_calls={"function": {"arguments": piece}}) for piece in part.pieces
        ]
        return [(started, part.part), *((event, None) for event in grown), (_event("tool-call-end", index=index), None)]
    first = first_words(part.pieces)
    steps: list[Step] = [(_about("content-start", index, content=_block(part, "")), None)]
    for at, piece in enumerate(part.pieces):
        event = _about("content-delta", index, content={_field(part): piece})
        steps.append((event, part.part if at == first else None))
    steps.append((_event("content-end", index=index), None))
    return steps


def _field(part: Spoken) -> str:
    return "text" if part.voice == "text" else "thinking"


def _block(part: Spoken, text: str) -> Fields:
    return {"type": _field(part), _field(part): text}


def _call(call: Called, arguments: str) -> Fields:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
