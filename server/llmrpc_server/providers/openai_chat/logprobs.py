"""Log probabilities of an answer's tokens."""

from collections.abc import Iterable, Iterator

from llmrpc.v1 import completion_pb2
from llmrpc_server.providers.openai_chat.wire import Alternative, Token


def tokens(told: Iterable[Token]) -> Iterator[completion_pb2.TokenLogprob]:
    """Yield the API's form of each token.

    Raises:
        ValueError: What should be a byte is none.
    """
    for token in told:
        top = [
            completion_pb2.TopLogprob(token=other.token, logprob=other.logprob, raw_bytes=_raw(other))
            for other in token.top_logprobs or ()
        ]
        yield completion_pb2.TokenLogprob(token=token.token, logprob=token.logprob, raw_bytes=_raw(token), top=top)


def _raw(token: Token | Alternative) -> bytes:
    """Return the token's bytes where its text does not tell them."""
    raw = bytes(token.bytes or ())
    return b"" if raw == token.token.encode() else raw
