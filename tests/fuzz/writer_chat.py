"""Chat Completions, written from its documentation."""

import itertools
import random
from typing import Literal

from fuzz.answers import Called, Event, Fields, Part, Script, Spoken, Step, Written, finish_of, sprinkled, woven

_WORDS = {
    "stop": ("stop", "STOP"),
    "length": ("length", "MAX_TOKENS"),
    "tool_calls": ("tool_calls", "TOOL_CALLS"),
    "filter": ("content_filter", "CONTENT_FILTER"),
    "other": ("zz_other", "OTHER"),
}
# How vendors tell whose a piece of a tool call is: by its index, by its id, or by nothing but the order.
_Way = Literal["index", "id", "order"]
_WAYS: tuple[_Way, ...] = ("index", "index", "id", "order")
# The names that vendors have for reasoning.
_REASONINGS = ("reasoning", "reasoning_content")


def write(script: Script) -> Written:
    """Write it: adjacent words of one voice are one part, as nothing in the format tells them apart."""
    dice = random.Random(script.seed)
    word, finish = _WORDS[script.finish]
    reasoning = dice.choice(_REASONINGS)
    events: list[Event] = [_chunk({"role": "assistant", "content": ""})]
    parts: list[Part] = []
    calls: list[Called] = [part for part in script.parts if isinstance(part, Called)]
    way = dice.choice(_WAYS)
    places = {call.id: at for at, call in enumerate(calls)}
    for is_call, group in itertools.groupby(script.parts, lambda part: isinstance(part, Called)):
        if is_call:
            threads = [_steps(call, places[call.id], way, dice) for call in group if isinstance(call, Called)]
            told, begun = woven(dice, threads) if way != "order" else _in_order(threads)
            events += told
            parts += begun
            continue
        for spoken in (part for part in group if isinstance(part, Spoken)):
            field = "content" if spoken.voice == "text" else reasoning
            events += [_chunk({field: piece}) for piece in spoken.pieces]
            if spoken.part is not None:
                _say(parts, spoken.part)
    usage = _usage(script)
    if dice.random() < 0.5:
        events += [_chunk({}, word), ("", {"object": "chat.completion.chunk", "choices": [], "usage": usage})]
    else:
        events.append(_chunk({}, word, usage=usage))
    events = [(name, sprinkled(dice, event, script.extras)) for name, event in events]
    events.append(("", b"[DONE]"))
    said = {voice: _all(script, voice) for voice in ("reasoning", "text")}
    message: Fields = {"role": "assistant", "content": said["text"] or None, reasoning: said["reasoning"]}
    if calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    whole = {
        "id": "c1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": word}],
        "usage": usage,
    }
    return Written(
        events=events,
        parts=parts,
        whole=sprinkled(dice, whole, script.extras),
        whole_parts=[
            *((voice, words) for voice, words in said.items() if words),
            *(call.part for call in calls),
        ],
        finish=finish_of(finish, parts),
        provider_finish=word,
    )


def _chunk(delta: Fields, finish: str | None = None, **fields: Fields) -> Event:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return "", {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **fields}


def _steps(call: Called, index: int, way: _Way, dice: random.Random) -> list[Step]:
    """Tell a call; id and name may come with each piece, as some vendors have it."""
    again = way != "order" and dice.random() < 0.2
    places: dict[_Way, Fields] = {"index": {"index": index}, "id": {"id": call.id}, "order": {}}
    place = places[way]
    named: Fields = {"id": call.id, "type": "function"}
    first = {**place, **named, "function": {"name": call.name, "arguments": ""}}
    rest = [
        {**place, **named, "function": {"name": call.name, "arguments": piece}}
        if again
        else {**place, "function": {"arguments": piece}}
        for piece in call.pieces
    ]
    return [(_chunk({"tool_calls": [told]}), None if at else call.part) for at, told in enumerate([first, *rest])]


def _in_order(threads: list[list[Step]]) -> tuple[list[Event], list[Part]]:
    steps = [step for thread in threads for step in thread]
    return [event for event, _ in steps], [part for _, part in steps if part is not None]


def _say(parts: list[Part], part: Part) -> None:
    if parts and parts[-1][0] == part[0]:
        parts[-1] = (part[0], parts[-1][1] + part[1])
    else:
        parts.append(part)


def _all(script: Script, voice: str) -> str:
    spoken = [part for part in script.parts if isinstance(part, Spoken) and part.voice == voice]
    return "".join(piece for part in spoken for piece in part.pieces)


def _usage(script: Script) -> Fields:
    counts = script.counts
    return {
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": {"cached_tokens": counts.cached},
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning},
    }
