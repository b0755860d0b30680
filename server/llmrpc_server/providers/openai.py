"""kind "openai": OpenAI Chat Completions, spoken by OpenAI and by most vendors and servers.

Reference: https://platform.openai.com/docs/api-reference/chat
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

_ROLES = {
    message_pb2.ROLE_SYSTEM: "system",
    message_pb2.ROLE_DEVELOPER: "developer",
    message_pb2.ROLE_USER: "user",
    message_pb2.ROLE_ASSISTANT: "assistant",
}

_FINISH = {
    "stop": completion_pb2.FINISH_REASON_STOP,
    "length": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "content_filter": completion_pb2.FINISH_REASON_CONTENT_FILTER,
}


class OpenAIChat(HttpProvider):
    """A vendor that speaks Chat Completions."""

    kind: ClassVar[str] = "openai"
    sdk: ClassVar[str] = "openai"
    client: ClassVar[str] = "AsyncOpenAI"
    path: ClassVar[str] = "/chat/completions"
    probe_path: ClassVar[str] = "/models"

    @override
    def render(self, call: Call) -> dict[str, Any]:
        request, config = call.request, call.request.config
        body: dict[str, Any] = {
            "model": call.target.model,
            "messages": [_render_message(message) for message in request.messages],
        }
        if call.streaming:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if (limit := call.max_output_tokens) is not None:
            body["max_completion_tokens"] = limit
        for name in ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"):
            if config.HasField(name):
                body[name] = getattr(config, name)
        if config.HasField("top_k"):
            call.drop("config.top_k")
        if config.stop_sequences:
            body["stop"] = list(config.stop_sequences)
        if request.user:
            body["user"] = request.user
        return body

    @override
    def parse(self, data: bytes, answer: Answer) -> Event:
        completion = _decode(self.name, data)
        if not completion.choices or (message := completion.choices[0].message) is None:
            raise errors.ProviderBadResponse(f"{self.name} sent a chat completion without a message")
        _note(completion, answer)
        if message.content:
            answer.grow(answer.start_text(), message.content)
        return _completed(answer, completion.choices[0].finish_reason or "")

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return _StreamParser(self.name, answer)


def _render_message(message: message_pb2.Message) -> dict[str, Any]:
    texts = [part.text for part in message.parts]
    content = texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]
    rendered: dict[str, Any] = {"role": _ROLES[message.role], "content": content}
    if message.name:
        rendered["name"] = message.name
    return rendered


class _Details(msgspec.Struct):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None


class _Text(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    message: _Text | None = None
    delta: _Text | None = None
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    """An unstreamed answer, and every chunk of a streamed one."""

    choices: list[_Choice] | None = None
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


# Some vendors count in strings and floats.
_DECODER = msgspec.json.Decoder(_Completion, strict=False)


def _decode(provider: str, data: bytes) -> _Completion:
    try:
        completion = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.ProviderBadResponse(f"{provider} sent what is not a chat completion") from error
    if completion.error is not None:
        raise to_error(Failure(provider, 0, {}, completion.error))
    return completion


def _note(completion: _Completion, answer: Answer) -> None:
    answer.reported(model=completion.model or "")
    if (usage := completion.usage) is not None:
        of_input = usage.prompt_tokens_details or _Details()
        of_output = usage.completion_tokens_details or _Details()
        answer.used(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cache_read_tokens=of_input.cached_tokens,
            audio_input_tokens=of_input.audio_tokens,
            reasoning_tokens=of_output.reasoning_tokens,
            audio_output_tokens=of_output.audio_tokens,
        )


def _completed(answer: Answer, finish: str) -> Event:
    return answer.completed(_FINISH.get(finish, completion_pb2.FINISH_REASON_OTHER), provider_finish=finish)


class _StreamParser:
    """Reads the chunks of a streamed answer."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._part: int | None = None
        self._finish = ""
        self._noted = False
        self.done = False

    def take(self, _name: bytes, data: bytes) -> None:
        if data == b"[DONE]":
            self.done = True
            if self._part is not None:
                self._answer.finish_part(self._part)
            return
        completion = _decode(self._provider, data)
        if completion.usage is not None or not self._noted:
            self._noted = True
            _note(completion, self._answer)
        for choice in completion.choices or ():
            if choice.index:
                continue  # One answer was asked for.
            if choice.delta is not None and choice.delta.content:
                if self._part is None:
                    self._part = self._answer.start_text()
                self._answer.grow(self._part, choice.delta.content)
            self._finish = choice.finish_reason or self._finish

    def completed(self) -> Event:
        return _completed(self._answer, self._finish)
