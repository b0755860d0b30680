"""No stream fills the memory: what is kept of an answer has an end, whatever it is."""

import itertools
import tracemalloc

import pytest

from attempts import attempt
from fuzz.endless import PAD, STREAMS, events
from fuzz.reading import provider
from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import MAX_ANSWER_CHARACTERS, Answer
from replay.feeding import RESTART

# Pieces, what is put together of them, and one event while it is read.
MOST = 4 * MAX_ANSWER_CHARACTERS
FED = 5 * MAX_ANSWER_CHARACTERS
CASES = [pytest.param(kind, what, id=f"{kind}-{what}") for kind, streams in STREAMS.items() for what in streams]


@pytest.mark.parametrize(("kind", "what"), CASES)
def test_a_stream_without_end(kind: str, what: str) -> None:
    """40 MB of anything are refused on the way, or most of it is not kept."""
    call = attempt(completion_pb2.CompleteRequest(stream=RESTART), kind=kind)
    answer = Answer(call)
    incoming = provider(kind).incoming(answer)
    failure: ProviderError | None = None
    tracemalloc.start()
    try:
        for event in itertools.islice(events(kind, what), FED // len(PAD)):
            failure = failure or incoming.feed(event)
            answer.news()
            if failure is not None:
                break
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MOST
