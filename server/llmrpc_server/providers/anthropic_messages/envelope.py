"""What a message tells around its content: who answers, what it used, why it ends, and what has no place of its own."""

from typing import Any

import msgspec

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.anthropic_messages.wire import Delta, Event, Message, Usage
from llmrpc_server.providers.reading import merge

_FINISH = {
    "end_turn": completion_pb2.FINISH_REASON_STOP,
    "stop_sequence": completion_pb2.FINISH_REASON_STOP,
    "max_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "model_context_window_exceeded": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "tool_use": completion_pb2.FINISH_REASON_TOOL_CALLS,
    "refusal": completion_pb2.FINISH_REASON_REFUSAL,
    "pause_turn": completion_pb2.FINISH_REASON_PAUSED,
    "compaction": completion_pb2.FINISH_REASON_PAUSED,
}

_OF_EVENT = ("context_management", "input_transformations")
_OF_DELTA = ("stop_details", "container")
_OF_MESSAGE = ("id", "diagnostics", *_OF_EVENT, *_OF_DELTA)
_COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_USAGE_METADATA = (
    "cache_creation",
    "server_tool_use",
    "service_tier",
    "inference_geo",
    "speed",
    "iterations",
    "fallback_credit",
)


class Envelope:
    """One message's, noted in the answer at the message's end: another may begin before it and void all.

    Args:
        provider: The provider's name, for errors.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self.provider = provider
        self.answer = answer
        self._counts: dict[str, int] = {}
        self._stop_reason = ""
        self._stop_sequence = ""
        self._metadata: dict[str, Any] = {}

    def contradiction(self) -> ProviderBadResponse:
        """Make the error for content that no message can have."""
        return ProviderBadResponse(f"{self.provider} sent a message that contradicts itself")

    def open(self, message: Message, unknown: dict[str, Any]) -> None:
        """Read a whole message, or what a streamed one begins with."""
        self.answer.reported(model=message.model or "", request_id=message.request_id or "")
        self._stop(message)
        self._count(message.usage)
        merge(self._metadata, {**_told(message, _OF_MESSAGE), **unknown})

    def change(self, event: Event, delta: Delta, unknown: dict[str, Any]) -> None:
        """Read what a streamed message tells towards its end."""
        self._stop(delta)
        self._count(event.usage)
        told = {**_told(event, _OF_EVENT), **_told(delta, _OF_DELTA)}
        merge(self._metadata, {**told, **unknown.pop("delta", {}), **unknown})

    def keep(self, unknown: dict[str, Any]) -> None:
        """Keep fields of the message."""
        merge(self._metadata, unknown)

    def keep_event(self, type_: str, unknown: dict[str, Any]) -> None:
        """Keep unknown fields of an event that tells of a block; those of the last event of its type stay."""
        self._metadata.setdefault("events", {})[type_] = unknown

    def keep_delta(self, delta: msgspec.Raw) -> None:
        """Keep what a block grew by, of a type that we do not know."""
        self.answer.hold(bytes(delta))
        self._metadata.setdefault("deltas", []).append(delta)

    def close(self) -> None:
        """Note in the answer why it ends, and the metadata."""
        finish = _FINISH.get(self._stop_reason, completion_pb2.FINISH_REASON_OTHER)
        self.answer.end(finish, provider_finish=self._stop_reason, stop_sequence=self._stop_sequence)
        self.answer.note(self._metadata)

    def _stop(self, told: Message | Delta) -> None:
        self._stop_reason = told.stop_reason or self._stop_reason
        self._stop_sequence = told.stop_sequence or self._stop_sequence

    def _count(self, usage: Usage | None) -> None:
        """Note the counts; the vendor's input count leaves out what its cache read and wrote."""
        if usage is None:
            return
        told = _told(usage, _COUNTS)
        if self._counts.get("input_tokens") and not told.get("input_tokens"):
            # SGLang tells it at the start, and zero at the end.
            told.pop("input_tokens", None)
        self._counts |= told
        if usage.output_tokens_details is not None:
            self._counts |= _told(usage.output_tokens_details, ("thinking_tokens",))
        count = self._counts.get
        read, written = count("cache_read_input_tokens"), count("cache_creation_input_tokens")
        uncached = count("input_tokens")
        self.answer.used(
            input_tokens=None if uncached is None else uncached + (read or 0) + (written or 0),
            output_tokens=count("output_tokens"),
            cache_read_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=count("thinking_tokens"),
        )
        if details := _told(usage, _USAGE_METADATA):
            merge(self._metadata, {"usage": details})


def _told(fields: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the fields that are set."""
    return {name: value for name in names if (value := getattr(fields, name)) is not None}
