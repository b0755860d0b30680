"""Log probabilities of a text's tokens."""

from collections.abc import Iterable, Iterator

from llmrpc.v1 import completion_pb2
from llmrpc_server.providers.openai_responses.wire import Logprob, TopLogprob


def tokens(logprobs: Iterable[Logprob]) -> Iterator[completion_pb2.TokenLogprob]:
    """Yield each token, with its alternatives."""
    for told in logprobs:
        top = [
            completion_pb2.TopLogprob(token=other.token, logprob=other.logprob, raw_bytes=_raw(other))
            for other in told.top_logprobs or ()
        ]
        yield completion_pb2.TokenLogprob(token=told.token, logprob=told.logprob, raw_bytes=_raw(told), top=top)


def _raw(told: Logprob | TopLogprob) -> bytes:
    """Return the token's bytes where its text does not tell them."""
    raw = bytes(told.bytes or ())
    return b"" if raw == told.token.encode() else raw
