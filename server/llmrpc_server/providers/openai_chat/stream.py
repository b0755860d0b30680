"""A streamed answer: chunks, then an end marker."""

from typing_extensions import override

from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import Failure, decoded, to_error
from llmrpc_server.providers.openai_chat.read import Reading
from llmrpc_server.providers.openai_chat.wire import Completion
from llmrpc_server.providers.stream_parser import StreamParser

_END = b"[DONE]"
# Perplexity's.
_LAST_OBJECT = "chat.completion.done"


class ChunkParser(StreamParser):
    """Reads the chunks of a streamed answer.

    Args:
        done_message: Whether the vendor ends with [DONE]; if not, the body may end after a finish reason.
    """

    def __init__(self, provider: str, answer: Answer, *, done_message: bool) -> None:
        self._provider = provider
        self._done_message = done_message
        self._reading = Reading(provider, answer)
        self._may_end = False

    @override
    def take(self, name: bytes, data: bytes) -> None:
        """Read one event: a chunk, an error, or the end marker."""
        if data.strip() == _END:
            self._reading.conclude()
            self.done = True
            return
        if name == b"error":
            raise to_error(Failure(self._provider, 0, {}, decoded(data)))
        chunk = self._reading.take(data)
        self.done = chunk.object == _LAST_OBJECT
        if chunk.choices:
            # GPUStack sends no marker: its last chunk has both.
            self._may_end = bool(chunk.usage or not self._done_message) and _finishes(chunk)
        if self._may_end or self.done:
            self._reading.conclude()

    @property
    @override
    def may_end(self) -> bool:
        """Whether the last chunk was one that can be the last."""
        return self._may_end or self.done


def _finishes(chunk: Completion) -> bool:
    return any(choice.finish_reason and not choice.index for choice in chunk.choices or ())
