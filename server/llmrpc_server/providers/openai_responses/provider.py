"""kind "openai_responses": what the wire format can do, and where a request goes."""

from typing import Any, ClassVar

from typing_extensions import override

from llmrpc_server.call import Call
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.http import HttpProvider
from llmrpc_server.providers.openai_responses import read, render
from llmrpc_server.providers.openai_responses.stream import ResponseStream
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.requests.features import Feature, Harmless


class ResponsesSettings(HttpSettings):
    """A vendor that speaks Responses."""

    base_url_variable: ClassVar[str] = "OPENAI_BASE_URL"
    key_variable: ClassVar[str] = "OPENAI_API_KEY"


class OpenAIResponses(HttpProvider):
    """A vendor that speaks Responses."""

    kind: ClassVar[str] = "openai_responses"
    settings: ClassVar[type[HttpSettings]] = ResponsesSettings
    sdk: ClassVar[str] = "openai"
    client: ClassVar[str] = "AsyncOpenAI"
    path: ClassVar[str] = "/responses"
    probe_path: ClassVar[str] = "/models"
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
            Feature.LOGPROBS,
            Feature.TOP_LOGPROBS,
            Feature.JSON_MODE,
            Feature.JSON_SCHEMA,
            Feature.JSON_BESIDE_TOOLS,
        }
    )
    drops = frozenset(
        {
            Harmless.TOP_K,
            Harmless.SEED,
            Harmless.FREQUENCY_PENALTY,
            Harmless.PRESENCE_PENALTY,
            Harmless.REASONING_BUDGET,
            Harmless.NAME,
            Harmless.CITATIONS,
            Harmless.IS_ERROR,
        }
    )
    owned = frozenset(
        {
            "model",
            "input",
            "stream",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "text.format",
            "reasoning.effort",
            "temperature",
            "top_p",
            "top_logprobs",
            "max_output_tokens",
            "user",
        }
    )

    @override
    def render(self, call: Call) -> dict[str, Any]:
        return render.body(call, stream=call.streaming and self.streams)

    @override
    def parse(self, data: bytes, answer: Answer) -> None:
        read.whole(self.name, data, answer)

    @override
    def stream_parser(self, answer: Answer) -> StreamParser:
        return ResponseStream(self.name, answer)
