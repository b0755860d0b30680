"""The provider of kind "openai"."""

from typing import Any, ClassVar

from typing_extensions import override

from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.http import HttpProvider
from llmrpc_server.providers.openai_chat.read import read_whole
from llmrpc_server.providers.openai_chat.render import body
from llmrpc_server.providers.openai_chat.settings import OpenAISettings
from llmrpc_server.providers.openai_chat.stream import ChunkParser
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.requests.features import Feature, Harmless


class OpenAIChat(HttpProvider):
    """A vendor that speaks Chat Completions."""

    kind: ClassVar[str] = "openai"
    settings: ClassVar[type[OpenAISettings]] = OpenAISettings
    sdk: ClassVar[str] = "openai"
    client: ClassVar[str] = "AsyncOpenAI"
    path: ClassVar[str] = "/chat/completions"
    probe_path: ClassVar[str] = "/models"
    features = frozenset(
        {
            Feature.TOOLS,
            Feature.PARALLEL_TOOL_CALLS,
            Feature.PROVIDER_TOOLS,
            Feature.IMAGES,
            Feature.IMAGE_URIS,
            Feature.DOCUMENTS,
            Feature.DOCUMENT_FILES,
            Feature.AUDIO,
            Feature.ASSISTANT_MEDIA,
            Feature.STOP_SEQUENCES,
            Feature.LOGPROBS,
            Feature.TOP_LOGPROBS,
            Feature.JSON_MODE,
            Feature.JSON_SCHEMA,
            Feature.JSON_BESIDE_TOOLS,
        }
    )
    drops = frozenset({Harmless.TOP_K, Harmless.REASONING_BUDGET, Harmless.CITATIONS, Harmless.IS_ERROR})
    owned = frozenset(
        {
            "model",
            "messages",
            "stream",
            "stream_options.include_usage",
            "n",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "seed",
            "frequency_penalty",
            "presence_penalty",
            "stop",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "reasoning_effort",
            "logprobs",
            "top_logprobs",
            "user",
        }
    )

    def __init__(self, name: str, settings: OpenAISettings) -> None:
        super().__init__(name, settings)
        self._settings = settings
        self.features = self.features - settings.lacks
        if settings.prefill is not None:
            self.features = self.features | {Feature.PREFILL}
        self.drops = self.drops - {Harmless.TOP_K} | settings.drops
        self.owned = self.owned | settings.fields

    @override
    def render(self, call: Call) -> dict[str, Any]:
        return body(call, self._settings)

    @override
    def parse(self, data: bytes, answer: Answer) -> None:
        read_whole(self.name, data, answer)

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return ChunkParser(self.name, answer, done_message=self._settings.done_message)
