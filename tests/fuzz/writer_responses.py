"""OpenAI's Responses, written from its documentation."""

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

# What a response says of its end: its status, the reason if it is incomplete, and the API's name.
_WORDS = {
    "stop": ("completed", None, "STOP"),
    "length": ("incomplete", "max_output_tokens", "MAX_TOKENS"),
    "tool_calls": ("completed", None, "STOP"),
    "filter": ("incomplete", "content_filter", "CONTENT_FILTER"),
    "other": ("incomplete", "zz_other", "OTHER"),
}


def write(script: Script) -> Written:
    """Write it: each part is an item; reasoning without words is there, but hidden."""
    dice = random.Random(script.seed)
    status, reason, finish = _WORDS[script.finish]
    items = [_item(part, index) for index, part in enumerate(script.parts)]
    numbered = dice.random() < 0.8
    told, parts = woven(
        dice,
        [_steps(part, item, index, dice) for index, (part, item) in enumerate(zip(script.parts, items, strict=True))],
    )
    if not numbered:
        told = [
            (name, {key: value for key, value in event.items() if key != "output_index"})
            for name, event in _objects(told)
        ]
    frame: Fields = {"id": "r1", "object": "response", "created_at": 1, "model": "m"}
    whole = {
        **frame,
        "status": status,
        "incomplete_details": {"reason": reason} if reason else None,
        "error": None,
        "output": items,
        "usage": _usage(script),
    }
    events = [
        _event("response.created", response={**frame, "status": "in_progress", "output": []}),
        *told,
        _event(f"response.{status}", response=whole),
    ]
    for _ in range(dice.randint(0, 2)):
        events.insert(dice.randrange(len(events)), _event("response.zz_new", delta=7))
    return Written(
        events=[(name, sprinkled(dice, event, script.extras)) for name, event in events],
        parts=parts,
        whole=sprinkled(dice, whole, script.extras),
        whole_parts=[begins for part in script.parts if (begins := _part(part)) is not None],
        finish=finish_of(finish, parts),
        provider_finish=reason or status,
    )


def _objects(events: list[Event]) -> list[tuple[str, Fields]]:
    return [(name, event) for name, event in events if isinstance(event, dict)]


def _event(type_: str, **fields: object) -> Event:
    return type_, {"type": type_, "sequence_number": 1, **fields}


def _part(part: Spoken | Called) -> Part | None:
    if isinstance(part, Spoken) and part.voice == "reasoning":
        return ("reasoning", "".join(part.pieces))
    return part.part


def _item(part: Spoken | Called, index: int) -> Fields:
    id_ = f"item_{index}"
    if isinstance(part, Called):
        return {
            "id": id_,
            "type": "function_call",
            "status": "completed",
            "call_id": part.id,
            "name": part.name,
            "arguments": part.arguments,
        }
    text = "".join(part.pieces)
    if part.voice == "reasoning":
        return {"id": id_, "type": "reasoning", "summary": [{"type": "summary_text", "text": text}] if text else []}
    content = {"type": "output_text", "text": text, "annotations": []}
    return {"id": id_, "type": "message", "status": "completed", "role": "assistant", "content": [content]}


def _steps(part: Spoken | Called, item: Fields, index: int, dice: random.Random) -> list[Step]:
    """Tell an item; vendors may leave out that an item was added, the pieces, and that all of them came."""
    place = {"output_index": index, "item_id": item["id"]}
    if isinstance(part, Called):
        type_, field, where = "response.function_call_arguments", "arguments", {}
        begun = {**item, "arguments": "", "status": "in_progress"}
    elif part.voice == "text":
        type_, field, where = "response.output_text", "text", {"content_index": 0}
        begun = {**item, "content": [], "status": "in_progress"}
    else:
        type_, field, where = "response.reasoning_summary_text", "text", {"summary_index": 0}
        begun = {**item, "summary": []}
    events = [_event("response.output_item.added", output_index=index, item=begun)]
    pieces = part.pieces if dice.random() < 0.8 else ()
    events += [_event(f"{type_}.delta", **place, **where, delta=piece) for piece in pieces]
    if dice.random() < 0.8:
        events.append(_event(f"{type_}.done", **place, **where, **{field: "".join(part.pieces)}))
    done = dice.random() < 0.9
    if done or not any(name.endswith((".done", ".delta")) for name, _ in events):
        events.append(_event("response.output_item.done", output_index=index, item=item))
    begins = _part(part)
    at = 0 if isinstance(part, Called) else _first(events, field, pieces)
    return [(event, begins if number == at else None) for number, event in enumerate(events)]


def _first(events: list[Event], field: str, pieces: tuple[str, ...]) -> int:
    """Return which event says the first words; where there are none, the last one tells so."""
    said = first_words(pieces)
    if said >= 0:
        return said + 1
    return next(
        (at for at, (_, event) in enumerate(events) if isinstance(event, dict) and event.get(field)), len(events) - 1
    )


def _usage(script: Script) -> Fields:
    counts = script.counts
    return {
        "input_tokens": counts.input,
        "input_tokens_details": {"cached_tokens": counts.cached},
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning},
        "total_tokens": counts.input + counts.output,
    }
