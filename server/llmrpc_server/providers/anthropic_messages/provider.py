"""The provider kind "anthropic"."""

from typing import Any, ClassVar

from typing_extensions import override

from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.anthropic_messages.read import read
from llmrpc_server.providers.anthropic_messages.render import render
from llmrpc_server.providers.anthropic_messages.stream import MessageParser
from llmrpc_server.providers.anthropic_messages.wire import KIND
from llmrpc_server.providers.http import HttpProvider
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.requests.features import Feature, Harmless

_FILES = {Feature.IMAGE_FILES, Feature.DOCUMENT_FILES}
_FILES_BETA = "files-api-2025-04-14"


class AnthropicSettings(HttpSettings):
    """A vendor that speaks Messages."""

    base_url_variable: ClassVar[str] = "ANTHROPIC_BASE_URL"
    key_variable: ClassVar[str] = "ANTHROPIC_API_KEY"


class AnthropicMessages(HttpProvider):
    """A vendor that speaks Messages."""

    kind: ClassVar[str] = KIND
    settings: ClassVar[type[HttpSettings]] = AnthropicSettings
    sdk: ClassVar[str] = "anthropic"
    client: ClassVar[str] = "AsyncAnthropic"
    path: ClassVar[str] = "/v1/messages"
    probe_path: ClassVar[str] = "/v1/models"
    features = frozenset(
        {
            Feature.TOOLS,
            Feature.PARALLEL_TOOL_CALLS,
            Feature.PROVIDER_TOOLS,
            Feature.PROVIDER_PARTS,
            Feature.IMAGES,
            Feature.IMAGE_URIS,
            Feature.IMAGE_FILES,
            Feature.DOCUMENTS,
            Feature.DOCUMENT_URIS,
            Feature.DOCUMENT_FILES,
            Feature.TOOL_RESULT_IMAGES,
            Feature.TOOL_RESULT_DOCUMENTS,
            Feature.PREFILL,
            Feature.STOP_SEQUENCES,
            Feature.JSON_SCHEMA,
            Feature.JSON_BESIDE_TOOLS,
        }
    )
    drops = frozenset(
        {Harmless.SEED, Harmless.FREQUENCY_PENALTY, Harmless.PRESENCE_PENALTY, Harmless.NAME, Harmless.DETAIL}
    )
    owned = frozenset(
        {
            "model",
            "max_tokens",
            "messages",
            "metadata.user_id",
            "output_config.effort",
            "output_config.format",
            "stop_sequences",
            "stream",
            "system",
            "temperature",
            "thinking.budget_tokens",
            "thinking.type",
            "tool_choice",
            "tools",
            "top_k",
            "top_p",
        }
    )

    @override
    def headers(self, call: Call) -> dict[str, str]:
        """Ask for what is in beta, where the request needs it."""
        told = super().headers(call)
        return {**told, "anthropic-beta": _FILES_BETA} if call.demands.features.keys() & _FILES else told

    @override
    def render(self, call: Call) -> dict[str, Any]:
        return render(call, streaming=call.streaming and self.streams)

    @override
    def parse(self, data: bytes, answer: Answer) -> None:
        read(self.name, data, answer)

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return MessageParser(self.name, answer)
