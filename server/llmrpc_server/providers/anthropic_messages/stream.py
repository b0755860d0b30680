"""Reads the events of a streamed message."""

from typing import Any

from msgspec import Raw
from typing_extensions import override

from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.anthropic_messages.block import Block
from llmrpc_server.providers.anthropic_messages.envelope import Envelope
from llmrpc_server.providers.anthropic_messages.read import begin
from llmrpc_server.providers.anthropic_messages.wire import EVENTS, Event
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.providers.typed_events import read_event

_TYPES = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    }
)

Fields = dict[str, Any]


class MessageParser(StreamParser):
    """Blocks may grow in turns; a message that begins again voids what came before."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._begun = False
        self._restart()

    def _restart(self) -> None:
        self._envelope = Envelope(self._provider, self._answer)
        self._blocks: dict[int | None, Block] = {}

    @override
    def take(self, name: bytes, data: bytes) -> None:
        """Read one event; its own type tells what it is, and its name where it has none."""
        if (read := read_event(EVENTS, self._provider, name, data, _TYPES)) is None:
            return
        event, unknown = read
        match kind := event.type or name.decode(errors="replace"):
            case "content_block_delta":
                block = self._blocks.get(event.index)
                if block is None or event.delta is None:
                    raise self._envelope.contradiction()
                block.take(event.delta, unknown)
                if unknown:
                    self._envelope.keep_event(kind, unknown)
            case "message_start":
                self._open(event, unknown)
            case "" | "error":
                raise self._failure(event, kind)
            case _ if kind in _TYPES:
                if not self._begun:
                    raise self._envelope.contradiction()
                self._answer.hold(data)
                self._go_on(kind, event, unknown)

    def _failure(self, event: Event, kind: str) -> ProviderError:
        if not kind and event.error is None:
            return self._envelope.contradiction()
        self._answer.reported(request_id=event.request_id or "")
        return to_error(Failure(self._provider, 0, {}, event.error))

    def _begin(self, kind: str, event: Event, unknown: Fields) -> None:
        if event.index in self._blocks or not isinstance(event.content_block, Raw):
            raise self._envelope.contradiction()
        self._blocks[event.index] = begin(self._envelope, event.content_block)
        if unknown:
            self._envelope.keep_event(kind, unknown)

    def _end(self, kind: str, event: Event, unknown: Fields) -> None:
        block = self._blocks.pop(event.index, None)
        if block is None:
            raise self._envelope.contradiction()
        block.end()
        if unknown:
            self._envelope.keep_event(kind, unknown)

    def _go_on(self, kind: str, event: Event, unknown: Fields) -> None:
        """Read what follows a message's start, but for the growth of its blocks."""
        match kind:
            case "content_block_start":
                self._begin(kind, event, unknown)
            case "content_block_stop":
                self._end(kind, event, unknown)
            case "message_delta":
                self._change(event, unknown)
            case "message_stop":
                self._close(unknown)

    def _open(self, event: Event, unknown: Fields) -> None:
        if event.message is None:
            raise self._envelope.contradiction()
        if self._begun:
            self._answer.restart()
            self._restart()
        self._begun = True
        self._envelope.open(event.message, unknown.pop("message", {}))
        self._envelope.keep(unknown)
        for content in event.message.content or ():
            begin(self._envelope, content).end()

    def _change(self, event: Event, unknown: Fields) -> None:
        if event.delta is None:
            raise self._envelope.contradiction()
        self._envelope.change(event, event.delta, unknown)

    def _close(self, unknown: Fields) -> None:
        for block in self._blocks.values():
            block.end()
        self._envelope.keep(unknown)
        self._envelope.close()
        self.done = True
