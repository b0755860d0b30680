"""The blocks of content that have a place of their own in an answer: text, thinking and the use of a caller's tool."""

from typing import Any

import msgspec
from msgspec import UNSET, Raw
from typing_extensions import override

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.anthropic_messages.block import Block, Fields
from llmrpc_server.providers.anthropic_messages.envelope import Envelope
from llmrpc_server.providers.anthropic_messages.wire import (
    REDACTED_THINKING,
    TEXTS,
    THINKING,
    TOOL_USES,
    Delta,
    Source,
)

_SOURCES = msgspec.json.Decoder(Source, strict=False)
_STRINGS = msgspec.json.Decoder(str)

_NO_INPUT = ("", "null")
_NO_TEXT = message_pb2.ContentPart(text="")
_NO_REASONING = message_pb2.ContentPart(reasoning=message_pb2.Reasoning())
_REDACTED = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(redacted=True))


class Text(Block):
    """Words of the answer; their sources can come before them."""

    def __init__(self, envelope: Envelope, block: bytes) -> None:
        super().__init__(envelope)
        text, unknown = TEXTS.read(envelope.provider, block)
        if text.text:
            self._answer.grow(self._part(_NO_TEXT), text.text)
        for citation in text.citations or ():
            self._cite(citation)
        if unknown:
            self._answer.keep(self._part(_NO_TEXT), **unknown)

    @override
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Add text or a source."""
        if delta.type == "text_delta" and delta.text is not None:
            if delta.text:
                self._answer.grow(self._part(_NO_TEXT), delta.text)
        elif delta.type == "citations_delta" and isinstance(delta.citation, Raw):
            self._cite(delta.citation)
        else:
            self._keep(delta, unknown)

    def _cite(self, citation: Raw) -> None:
        try:
            source = _SOURCES.decode(citation)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._envelope.contradiction() from error
        cited = message_pb2.Citation(
            title=source.title or source.document_title or "",
            uri=source.url or source.source or "",
            quote=source.cited_text or "",
            json=self._text(citation),
        )
        self._answer.cite(self._part(_NO_TEXT), cited)


class Thinking(Block):
    """Reasoning; where only its signature is sent, that is an encrypted form of it."""

    def __init__(self, envelope: Envelope, block: bytes) -> None:
        super().__init__(envelope)
        thinking, self._state = THINKING.read(envelope.provider, block)
        self._signature = [thinking.signature or ""]
        self._think(thinking.thinking or "")

    @override
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Add reasoning, or the signature of all of it."""
        if delta.type == "thinking_delta" and delta.thinking is not None:
            self._think(delta.thinking)
        elif delta.type == "signature_delta" and delta.signature is not None:
            self._envelope.answer.hold(delta.signature)
            self._signature.append(delta.signature)
        else:
            self._keep(delta, unknown)

    @override
    def end(self) -> None:
        """End the part; where nothing but a signature came, that is all of it."""
        state = dict(self._state)
        if signature := "".join(self._signature):
            state["signature"] = signature
        if state:
            self._answer.keep(self._part(_REDACTED), **state)
        super().end()

    def _think(self, text: str) -> None:
        if text:
            self._answer.grow(self._part(_NO_REASONING), text)


class RedactedThinking(Block):
    """Reasoning in an encrypted form alone."""

    def __init__(self, envelope: Envelope, block: bytes) -> None:
        super().__init__(envelope)
        thinking, unknown = REDACTED_THINKING.read(envelope.provider, block)
        self._answer.keep(self._part(_REDACTED), data=thinking.data, **unknown)

    @override
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Keep it: there is nothing that could grow."""
        self._keep(delta, unknown)


class ToolUse(Block):
    """A call of the caller's tool; its arguments are what is streamed, else those that it begins with."""

    def __init__(self, envelope: Envelope, block: bytes) -> None:
        super().__init__(envelope)
        call, unknown = TOOL_USES.read(envelope.provider, block)
        self._input = "" if call.input is UNSET else _arguments(self._text(call.input))
        self._streamed = False
        start = message_pb2.ContentPart(tool_call=message_pb2.ToolCall(id=call.id, name=call.name))
        state: dict[str, Any] = {"caller": call.caller, "toolset_name": call.toolset_name}
        told = {name: value for name, value in state.items() if value is not None}
        self._call = self._part(start)
        self._answer.keep(self._call, **told, **unknown)

    @override
    def take(self, delta: Delta, unknown: Fields) -> None:
        """Add to the arguments."""
        if delta.type == "input_json_delta" and delta.partial_json is not None:
            if delta.partial_json:
                self._streamed = True
                self._answer.grow(self._call, delta.partial_json)
        else:
            self._keep(delta, unknown)

    @override
    def end(self) -> None:
        """End the part; without streamed arguments, those of its beginning hold."""
        if not self._streamed:
            self._answer.grow(self._call, "{}" if self._input in _NO_INPUT else self._input)
        super().end()


def _arguments(input_: str) -> str:
    """Return a call's arguments, which some servers have as JSON in a string, as the model wrote it."""
    try:
        return _STRINGS.decode(input_)
    except msgspec.DecodeError:
        return input_
