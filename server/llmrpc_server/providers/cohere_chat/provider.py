"""The provider."""

from typing import Any, ClassVar

from typing_extensions import override

from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat import render
from llmrpc_server.providers.cohere_chat.read import read_chat
from llmrpc_server.providers.cohere_chat.stream import ChatStream
from llmrpc_server.providers.cohere_chat.wire import KIND
from llmrpc_server.providers.endpoint import Endpoint, with_bearer
from llmrpc_server.providers.http import HttpProvider
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.requests.features import Feature, Harmless


class CohereSettings(HttpSettings):
    """A vendor that speaks Cohere's Chat."""

    base_url_variable: ClassVar[str] = "CO_API_URL"
    key_variable: ClassVar[str] = "CO_API_KEY"


class CohereChat(HttpProvider):
    """A vendor that speaks Cohere's Chat."""

    kind: ClassVar[str] = KIND
    settings: ClassVar[type[HttpSettings]] = CohereSettings
    path: ClassVar[str] = "/v2/chat"
    probe_path: ClassVar[str] = "/v1/models"
    features = frozenset(
        {
            Feature.TOOLS,
            Feature.PROVIDER_PARTS,
            Feature.IMAGES,
            Feature.IMAGE_URIS,
            Feature.DOCUMENTS,
            Feature.STOP_SEQUENCES,
            Feature.LOGPROBS,
            Feature.JSON_MODE,
            Feature.JSON_SCHEMA,
        }
    )
    drops = frozenset({Harmless.USER, Harmless.NAME, Harmless.CITATIONS, Harmless.IS_ERROR})
    owned = frozenset(
        {
            "model",
            "messages",
            "stream",
            "tools",
            "strict_tools",
            "tool_choice",
            "response_format",
            "thinking",
            "max_tokens",
            "temperature",
            "p",
            "k",
            "seed",
            "frequency_penalty",
            "presence_penalty",
            "stop_sequences",
            "logprobs",
        }
    )

    @override
    def endpoint(self, settings: HttpSettings) -> Endpoint:
        return with_bearer(settings, default="https://api.cohere.com", variable=CohereSettings.base_url_variable)

    @override
    def render(self, call: Call) -> dict[str, Any]:
        return render.body(call, stream=call.streaming and self.streams)

    @override
    def parse(self, data: bytes, answer: Answer) -> None:
        read_chat(self.name, data, answer)

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return ChatStream(self.name, answer)
