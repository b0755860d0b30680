"""Reads the events of a streamed answer."""

from collections.abc import Callable
from typing import Any

from typing_extensions import override

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.ending import failure_in
from llmrpc_server.providers.cohere_chat.reply import Reply
from llmrpc_server.providers.cohere_chat.wire import EVENTS, ChatEvent, Content, Delta, MessageDelta, ToolCall
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.providers.typed_events import read_event

_Unknown = dict[str, Any]
_Reading = Callable[[ChatEvent, _Unknown], None]

# What follows the last event, and is none.
_DONE = b"[DONE]"


class ChatStream(StreamParser):
    """Reads the stream of one answer; "message-end" is its end."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._reply = Reply(provider, answer)
        self._readings: dict[str, _Reading] = {
            "content-delta": self._content_delta,
            "message-start": self._ignore,
            "content-start": self._content_start,
            "content-end": self._content_end,
            "tool-plan-delta": self._tool_plan_delta,
            "tool-call-start": self._tool_call_start,
            "tool-call-delta": self._tool_call_delta,
            "tool-call-end": self._tool_call_end,
            "citation-start": self._citation_start,
            "citation-end": self._ignore,
            "debug": self._ignore,
            "message-end": self._message_end,
        }

    @override
    def take(self, name: bytes, data: bytes) -> None:
        """Read one event; one of a type that we do not know is passed over."""
        if data == _DONE:
            return
        if (read := read_event(EVENTS, self._provider, name, data, self._readings)) is None:
            return
        event, unknown = read
        if (reading := self._readings.get(event.type or "")) is not None:
            reading(event, unknown)
            if unknown or event.id:
                self._note(event, unknown)
        elif event.type in {None, "error"}:
            raise failure_in(self._provider, {**unknown, "message": event.message, "error_type": event.error_type})

    def _content_delta(self, event: ChatEvent, unknown: _Unknown) -> None:
        content = self._message(event).content
        if not isinstance(content, Content):
            raise self._bad()
        index = event.index or 0
        self._reply.contents.grow(index, content, _own(unknown, "content"))
        if event.logprobs is not None:
            part = self._reply.contents.part_at(index)
            self._reply.tell_logprobs(part, event.logprobs, unknown.pop("logprobs", {}))

    def _content_start(self, event: ChatEvent, unknown: _Unknown) -> None:
        content = self._message(event).content
        if not isinstance(content, Content):
            raise self._bad()
        self._reply.contents.begin(event.index or 0, content, _own(unknown, "content"))

    def _content_end(self, event: ChatEvent, _: _Unknown) -> None:
        self._reply.contents.finish(event.index or 0)

    def _tool_plan_delta(self, event: ChatEvent, _: _Unknown) -> None:
        self._reply.contents.plan(self._message(event).tool_plan or "")

    def _tool_call_start(self, event: ChatEvent, unknown: _Unknown) -> None:
        call = self._message(event).tool_calls
        if not isinstance(call, ToolCall):
            raise self._bad()
        self._reply.calls.begin(event.index or 0, call, _own(unknown, "tool_calls"))

    def _tool_call_delta(self, event: ChatEvent, unknown: _Unknown) -> None:
        call = self._message(event).tool_calls
        if not isinstance(call, ToolCall):
            raise self._bad()
        self._reply.calls.grow(event.index or 0, call, _own(unknown, "tool_calls"))

    def _tool_call_end(self, event: ChatEvent, _: _Unknown) -> None:
        self._reply.calls.finish(event.index or 0)

    def _citation_start(self, event: ChatEvent, _: _Unknown) -> None:
        self._reply.cite(self._message(event).citations)

    def _message_end(self, event: ChatEvent, _: _Unknown) -> None:
        delta = event.delta or Delta()
        self._reply.end(delta.finish_reason, delta.usage, delta.error)
        self.done = True

    def _ignore(self, event: ChatEvent, unknown: _Unknown) -> None:
        """Take an event that tells nothing of its own."""

    def _message(self, event: ChatEvent) -> MessageDelta:
        if event.delta is None or event.delta.message is None:
            raise self._bad()
        return event.delta.message

    def _note(self, event: ChatEvent, unknown: _Unknown) -> None:
        """Keep the rest, shaped like an unstreamed answer."""
        delta = unknown.pop("delta", {})
        message = delta.pop("message", {})
        id_ = {"id": event.id} if event.id else {}
        self._answer.note({**id_, **unknown, **delta, **({"message": message} if message else {})})

    def _bad(self) -> ProviderBadResponse:
        return ProviderBadResponse(f"{self._provider} sent an event without what it is about")


def _own(unknown: _Unknown, name: str) -> _Unknown:
    """Take the unknown fields of the object that an event is about."""
    own: _Unknown = unknown["delta"].get("message", {}).pop(name, {}) if "delta" in unknown else {}
    return own
