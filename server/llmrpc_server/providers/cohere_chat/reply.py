"""An answer of Cohere's while it is put together, from the pieces of a stream or from the whole."""

from typing import Any

import msgspec

from llmrpc.v1 import completion_pb2
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.calls import Calls
from llmrpc_server.providers.cohere_chat.citation import to_citation
from llmrpc_server.providers.cohere_chat.contents import Contents
from llmrpc_server.providers.cohere_chat.ending import end, note_usage
from llmrpc_server.providers.cohere_chat.wire import CITATIONS, Logprobs, Usage


class Reply:
    """Collects what belongs together.

    Attributes:
        contents: What the model says.
        calls: Its tool calls.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._logprobs: list[dict[str, Any]] = []
        self.contents = Contents(provider, answer)
        self.calls = Calls(provider, answer)

    def cite(self, citation: msgspec.Raw) -> None:
        """Add a citation to the part that it is about."""
        sent = bytes(citation)
        known, _ = CITATIONS.read(self._provider, sent)
        self._answer.cite(self.contents.part_cited(known), to_citation(known, sent))

    def tell_logprobs(self, part: int | None, logprobs: Logprobs, unknown: dict[str, Any]) -> None:
        """Tell the tokens of a part's latest growth; their ids are kept aside."""
        if part is not None:
            self._answer.tell_logprobs(part, _tokens(logprobs))
        ids = {} if logprobs.token_ids is None else {"token_ids": logprobs.token_ids}
        aside = {**ids, **unknown}
        self._answer.hold(aside)
        self._logprobs.append(aside)

    def end(self, finish: str | None, usage: Usage | None, error: str | None = None) -> None:
        """End the answer.

        Raises:
            ProviderError: It failed, or it is not whole.
        """
        if usage is not None:
            note_usage(usage, self._answer)
        end(self._provider, self._answer, finish, error)
        lists = {"content": self.contents.end(), "tool_calls": self.calls.end()}
        message = {name: fields for name, fields in lists.items() if any(fields)}
        self._answer.note({"message": message} if message else {})
        self._answer.note({"logprobs": self._logprobs} if any(self._logprobs) else {})


def _tokens(logprobs: Logprobs) -> list[completion_pb2.TokenLogprob]:
    """Make a token of each log probability; a text of several tokens is only known with the last of them."""
    values = logprobs.logprobs or []
    last = len(values) - 1
    text = logprobs.text or ""
    return [
        completion_pb2.TokenLogprob(token=text if at == last else "", logprob=value) for at, value in enumerate(values)
    ]
