"""What a caller of the gateway hears, in the words in which the readers tell what a provider said."""

import json
from collections.abc import Sequence
from typing import Any

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from replay.reading import Answer, Audio, Citation, Item, Part, Reasoning, Refusal, Text, ToolCall, Usage

# By the field of a delta: the kinds of part that it can tell of. Cohere cites in its plan, too.
_DELTAS = {
    "text": {"text"},
    "reasoning": {"reasoning"},
    "refusal": {"refusal"},
    "tool_arguments_json": {"tool_call"},
    "media_data": {"media"},
    "citation": {"text", "reasoning"},
}


def heard(response: completion_pb2.CompleteResponse, *, decoded: bool) -> Answer:
    """Tell what an answer says; `decoded`: the provider sent a tool's arguments as an object, not as text."""
    return Answer(
        parts=tuple(_part(part, decoded=decoded) for part in response.message.parts),
        finish=completion_pb2.FinishReason.Name(response.finish_reason).removeprefix("FINISH_REASON_"),
        provider_finish=response.provider_finish_reason,
        model=response.accounting.target.reported_model,
        usage=_usage(response.accounting.usage),
        stop_sequence=response.stop_sequence,
        logprobs=len(response.logprobs),
    )


def check_events(events: Sequence[completion_pb2.StreamCompleteResponse]) -> None:
    """Hold a stream that ended with OK to the rules of StreamCompleteResponse."""
    kinds = [event.WhichOneof("event") for event in events]
    assert list(range(1, len(events) + 1)) == [event.sequence for event in events]
    assert ("started", 1) == (kinds[0], kinds.count("started"))
    assert ("completed", 1) == (kinds[-1], kinds.count("completed"))
    parts: list[str] = []
    growing: set[int] = set()
    for event in events:
        match event.WhichOneof("event"):
            case "output_reset":
                parts, growing = [], set()
            case "part_started":
                started = event.part_started
                assert len(parts) == started.part_index
                parts.append(started.part.WhichOneof("kind") or "")
                assert parts[-1]
                growing.add(started.part_index)
            case "part_delta":
                delta = event.part_delta
                assert delta.part_index in growing
                assert parts[delta.part_index] in _DELTAS[delta.WhichOneof("delta") or ""]
            case "part_finished":
                growing.remove(event.part_finished.part_index)
    assert set() == growing
    assert len(parts) == len(events[-1].completed.message.parts)


def _part(part: message_pb2.ContentPart, *, decoded: bool) -> Part:
    match part.WhichOneof("kind"):
        case "text":
            return Text(part.text, tuple(map(_citation, part.citations)))
        case "reasoning":
            return Reasoning(part.reasoning.text, hidden=part.reasoning.redacted)
        case "refusal":
            return Refusal(part.refusal)
        case "tool_call":
            arguments: Any = part.tool_call.arguments_json
            return ToolCall(part.tool_call.id, part.tool_call.name, json.loads(arguments) if decoded else arguments)
        case "provider_part":
            return Item(part.provider_part.type, json.loads(part.provider_part.json))
        case "media":
            return Audio(part.media.data)
        case kind:
            raise AssertionError(f"{kind} is no part of an answer")


def _citation(citation: message_pb2.Citation) -> Citation:
    start = citation.start_index if citation.HasField("start_index") else None
    end = citation.end_index if citation.HasField("end_index") else None
    return Citation(citation.uri, citation.title, start, end)


def _usage(usage: accounting_pb2.Usage) -> Usage | None:
    """Read what the provider counted; what is counted here is no word of its."""
    if usage.source != accounting_pb2.USAGE_SOURCE_PROVIDER:
        return None

    def told(name: str) -> int | None:
        """Read a count that may be unset."""
        return getattr(usage, name) if usage.HasField(name) else None  # type: ignore[arg-type]

    return Usage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=told("cache_read_tokens"),
        cache_write=told("cache_write_tokens"),
        reasoning=told("reasoning_tokens"),
        audio_input=told("audio_input_tokens"),
        audio_output=told("audio_output_tokens"),
    )
