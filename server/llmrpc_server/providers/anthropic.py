"""kind "anthropic": Anthropic Messages.

Reference: https://docs.anthropic.com/en/api/messages
"""

from typing import Any, ClassVar

import msgspec
from typing_extensions import override

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call, Event
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.http import HttpProvider, StreamParser

# The API demands a limit.
DEFAULT_MAX_TOKENS = 4096

_INSTRUCTIONS = frozenset({message_pb2.ROLE_SYSTEM, message_pb2.ROLE_DEVELOPER})

_FINISH = {
    "end_turn": completion_pb2.FINISH_REASON_STOP,
    "stop_sequence": completion_pb2.FINISH_REASON_STOP,
    "max_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "model_context_window_exceeded": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "refusal": completion_pb2.FINISH_REASON_REFUSAL,
    "pause_turn": completion_pb2.FINISH_REASON_PAUSED,
}


class AnthropicMessages(HttpProvider):
    """A vendor that speaks Messages."""

    kind: ClassVar[str] = "anthropic"
    sdk: ClassVar[str] = "anthropic"
    client: ClassVar[str] = "AsyncAnthropic"
    path: ClassVar[str] = "/v1/messages"
    probe_path: ClassVar[str] = "/v1/models"

    @override
    def render(self, call: Call) -> dict[str, Any]:
        request, config = call.request, call.request.config
        instructions = [message for message in request.messages if message.role in _INSTRUCTIONS]
        turns = [message for message in request.messages if message.role not in _INSTRUCTIONS]
        if not turns:
            raise errors.ProviderInvalidRequest(f"{self.name} needs a message besides those of the system")
        body: dict[str, Any] = {
            "model": call.target.model,
            "max_tokens": DEFAULT_MAX_TOKENS if call.max_output_tokens is None else call.max_output_tokens,
            "messages": [_render_message(message) for message in turns],
            **_render_config(config),
        }
        if instructions:
            body["system"] = [block for message in instructions for block in _render_parts(message)]
        if call.streaming:
            body["stream"] = True
        if request.user:
            body["metadata"] = {"user_id": request.user}
        for missing in ("seed", "frequency_penalty", "presence_penalty"):
            if config.HasField(missing):
                call.drop(f"config.{missing}")
        if any(message.name for message in request.messages):
            call.drop("messages[].name")
        return body

    @override
    def parse(self, data: bytes, answer: Answer) -> Event:
        try:
            message = _MESSAGE_DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise errors.ProviderBadResponse(f"{self.name} sent what is not a message") from error
        answer.reported(model=message.model)
        _note(message.usage or _Usage(), answer)
        for block in message.content:
            if block.type == "text" and block.text:
                answer.grow(answer.start_text(), block.text)
        return _completed(answer, message.stop_reason, message.stop_sequence)

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return _StreamParser(self.name, answer)


def _render_config(config: completion_pb2.GenerationConfig) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        name: getattr(config, name) for name in ("temperature", "top_p", "top_k") if config.HasField(name)
    }
    if config.stop_sequences:
        rendered["stop_sequences"] = list(config.stop_sequences)
    return rendered


def _render_message(message: message_pb2.Message) -> dict[str, Any]:
    role = "assistant" if message.role == message_pb2.ROLE_ASSISTANT else "user"
    return {"role": role, "content": _render_parts(message)}


def _render_parts(message: message_pb2.Message) -> list[dict[str, Any]]:
    return [{"type": "text", "text": part.text} for part in message.parts]


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Message(msgspec.Struct):
    content: list[_Block]
    model: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: _Usage | None = None


class _Delta(msgspec.Struct):
    """Of a content block, or of the message at its end."""

    type: str = ""
    text: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Event(msgspec.Struct):
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: Any = None


_MESSAGE_DECODER = msgspec.json.Decoder(_Message)
_EVENT_DECODER = msgspec.json.Decoder(_Event)


def _note(usage: _Usage, answer: Answer) -> None:
    """Note the usage; the vendor's input count leaves out what its cache read and wrote."""
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    answer.used(
        input_tokens=None if usage.input_tokens is None else usage.input_tokens + cached,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
    )


def _completed(answer: Answer, stop_reason: str | None, stop_sequence: str | None) -> Event:
    finish = _FINISH.get(stop_reason or "", completion_pb2.FINISH_REASON_OTHER)
    return answer.completed(finish, provider_finish=stop_reason or "", stop_sequence=stop_sequence or "")


class _StreamParser:
    """Reads the events of a streamed answer."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._usage = _Usage()
        self._parts: dict[int, int] = {}
        self._end = _Delta()
        self.done = False

    def take(self, _name: bytes, data: bytes) -> None:
        try:
            event = _EVENT_DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise errors.ProviderBadResponse(f"{self._provider} sent what is not a message event") from error
        match event.type:
            case "message_start" if event.message is not None:
                self._answer.reported(model=event.message.model)
                self._count(event.message.usage)
            case "content_block_start" if event.content_block is not None and event.content_block.type == "text":
                self._grow(event.index, event.content_block.text)
            case "content_block_delta" if event.delta is not None and event.delta.type == "text_delta":
                self._grow(event.index, event.delta.text)
            case "content_block_stop" if event.index in self._parts:
                self._answer.finish_part(self._parts[event.index])
            case "message_delta" if event.delta is not None:
                self._end = event.delta
                self._count(event.usage)
            case "message_stop":
                self.done = True
            case "error":
                raise to_error(Failure(self._provider, 0, {}, event.error))

    def _grow(self, block: int, text: str) -> None:
        """Grow a block's part; it starts with its first text, for an empty one is no output yet."""
        if text:
            if block not in self._parts:
                self._parts[block] = self._answer.start_text()
            self._answer.grow(self._parts[block], text)

    def _count(self, usage: _Usage | None) -> None:
        """Take the counts that an event tells; they are cumulative, and each event tells only some."""
        for name in _Usage.__struct_fields__ if usage is not None else ():
            if (count := getattr(usage, name)) is not None:
                setattr(self._usage, name, count)
        _note(self._usage, self._answer)

    def completed(self) -> Event:
        return _completed(self._answer, self._end.stop_reason, self._end.stop_sequence)
