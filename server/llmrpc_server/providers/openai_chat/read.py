"""Chat completions, whole or in chunks, read into an answer."""

import msgspec

from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.openai_chat import usage
from llmrpc_server.providers.openai_chat.base_resp import error_in
from llmrpc_server.providers.openai_chat.citations import of_sources
from llmrpc_server.providers.openai_chat.metadata import Metadata
from llmrpc_server.providers.openai_chat.speech import Speech
from llmrpc_server.providers.openai_chat.wire import COMPLETION, Choice, Completion, Fields, Said

# In lower case, and without the details that Gemini tells after a colon.
_FINISH = {
    "stop": completion_pb2.FINISH_REASON_STOP,
    "complete": completion_pb2.FINISH_REASON_STOP,
    "end_turn": completion_pb2.FINISH_REASON_STOP,
    "eos": completion_pb2.FINISH_REASON_STOP,
    "eos_token": completion_pb2.FINISH_REASON_STOP,
    "stop_sequence": completion_pb2.FINISH_REASON_STOP,
    "length": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "max_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "max_output_tokens": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "model_length": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "model_context_window_exceeded": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "tool_calls": completion_pb2.FINISH_REASON_TOOL_CALLS,
    "tool_call": completion_pb2.FINISH_REASON_TOOL_CALLS,
    "tool_use": completion_pb2.FINISH_REASON_TOOL_CALLS,
    "function_call": completion_pb2.FINISH_REASON_TOOL_CALLS,
    "content_filter": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "sensitive": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "guardrail_intervened": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "safety": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "recitation": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "blocklist": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "prohibited_content": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "spii": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "image_safety": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "image_prohibited_content": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "image_recitation": completion_pb2.FINISH_REASON_CONTENT_FILTER,
    "refusal": completion_pb2.FINISH_REASON_REFUSAL,
}
# The vendor broke off: the answer is not whole, whatever there is of it.
_BROKEN = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
# What comes of a value that only looks like what it should be.
_NONSENSE = (msgspec.MsgspecError, ValueError, RecursionError)
_NO_SOURCES = frozenset({b"null", b"[]"})


class Reading:
    """Reads a completion, or its chunks one after the other.

    Attributes:
        finish: The vendor's word for why the answer ends; empty as long as it does not.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self.finish = ""
        self._provider = provider
        self._answer = answer
        self._speech = Speech(provider, answer)
        self._metadata = Metadata(answer)
        self._begun = False
        # Deltas said something.
        self._grew = False
        self._model = ""
        self._stop_sequence = ""
        self._usage: Fields = {}
        self._sources: dict[str, msgspec.Raw] = {}
        self._cited = False

    def take(self, data: bytes, *, whole: bool = False) -> Completion:
        """Read a completion or a chunk, and return it.

        Raises:
            ProviderError: It reports an error, or is not of this format.
        """
        completion, unknown = COMPLETION.read(self._provider, data)
        self._read_frame(completion)
        error = completion.error or (completion.x_groq and completion.x_groq.error) or error_in(unknown)
        # Some vendors tell of an error without a field for it.
        flat = completion.choices is None and isinstance(unknown.get("message"), str)
        if error or flat or completion.object == "error":
            raise self._failure(error or unknown)
        try:
            for choice in completion.choices or ():
                if not choice.index:  # One answer was asked for.
                    self._read(choice, whole=whole)
        except _NONSENSE as nonsense:
            raise self._bad("a chat completion that makes no sense") from nonsense
        self._metadata.take(completion, unknown)
        return completion

    def conclude(self) -> None:
        """Take note that no more comes; once more if more has come after all.

        Raises:
            ProviderBadResponse: Some of the answer is missing, or not whole.
        """
        if not self._begun:
            raise self._bad("a chat completion without a message")
        try:
            self._cite()
            self._speech.settle()
        except _NONSENSE as nonsense:
            raise self._bad("a chat completion that makes no sense") from nonsense
        self._answer.note({"usage": details} if (details := usage.details(self._usage)) else {})
        word = self.finish.partition(":")[0].lower()
        finish = _FINISH.get(word, completion_pb2.FINISH_REASON_OTHER)
        if self._speech.refused and (finish == completion_pb2.FINISH_REASON_STOP or not self.finish):
            finish = completion_pb2.FINISH_REASON_REFUSAL
        self._answer.end(finish, provider_finish=self.finish, stop_sequence=self._stop_sequence)

    def _read_frame(self, completion: Completion) -> None:
        if completion.model and not self._model:
            self._model = completion.model
            self._answer.reported(model=completion.model)
        if counts := completion.usage or (completion.x_groq and completion.x_groq.usage):
            self._count(counts)
        if completion.search_results is not msgspec.UNSET:
            self._sources["search_results"] = completion.search_results
        if completion.citations is not msgspec.UNSET:
            self._sources["citations"] = completion.citations

    def _count(self, counts: Fields) -> None:
        if self._usage and not usage.says_something(counts):
            return
        self._usage = counts
        usage.tell(counts, self._answer)

    def _read(self, choice: Choice, *, whole: bool) -> None:
        if choice.usage:
            self._count(choice.usage)
        if choice.error or choice.finish_reason in _BROKEN:
            raise self._failure(choice.error or {"code": choice.finish_reason})
        # Perplexity's chunks repeat, beside their delta, the whole message so far.
        piece = choice.delta is not None and not (whole and choice.message)
        said = choice.delta if piece else choice.message
        if said is None and isinstance(choice.text, str):
            # An old completion has no message.
            said = Said(content=choice.text)
        # MiniMax's last chunk repeats, without a delta, the whole message.
        repeated = not piece and choice.message is not None and self._grew
        if said is not None and not repeated:
            self._begun = True
            self._speech.take(said, choice.logprobs, whole=not piece)
            self._grew = self._grew or (piece and self._speech.begun)
        if choice.finish_reason:
            # A filter can leave nothing else.
            self._begun = True
            self.finish = choice.finish_reason
            stop = choice.stop_reason or choice.matched_stop
            self._stop_sequence = stop if isinstance(stop, str) else ""
        self._metadata.take_choice(choice)

    def _cite(self) -> None:
        """Cite what was told beside the message, the fuller list of the two; what is not cited is kept."""
        told = {name: raw for name, raw in self._sources.items() if bytes(raw) not in _NO_SOURCES}
        self._sources = {}
        if self._cited or not told:
            return
        self._cited = True
        if not self._speech.annotated:
            fuller = "search_results" if "search_results" in told else "citations"
            self._speech.cite(of_sources(told.pop(fuller)))
        self._answer.note(told)

    def _failure(self, error: object) -> errors.ProviderError:
        return to_error(Failure(self._provider, 0, {}, {"error": error}))

    def _bad(self, what: str) -> errors.ProviderBadResponse:
        return errors.ProviderBadResponse(f"{self._provider} sent {what}")


def read_whole(provider: str, data: bytes, answer: Answer) -> None:
    """Read an unstreamed answer.

    Raises:
        ProviderError: It is an error, or not of this format.
    """
    reading = Reading(provider, answer)
    reading.take(data, whole=True)
    reading.conclude()
