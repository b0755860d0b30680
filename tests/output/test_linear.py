"""Long answers take time by their length: what is read on the event loop holds up everybody else."""

import pytest

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Event
from llmrpc_server.output.extraction import fenced, without_thoughts
from llmrpc_server.output.partial import Partials

MANY = 500_000

# By the square of their length, any of these would take hours.
pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    "text",
    ["```" + " " * MANY + "x", "```json" + "\t" * MANY + "x", "``` a" * MANY, ("\n" + " " * 50 + "```") * (MANY // 50)],
    ids=["spaces", "tabs after a word", "fences in one line", "fences without end"],
)
def test_a_fence(text: str) -> None:
    """What begins like a fence and is none, or has no end."""
    assert all(part in text for part in fenced(text))


@pytest.mark.parametrize("text", ["<think>" * MANY, " " * MANY + "</think", "<" * MANY])
def test_thoughts(text: str) -> None:
    """Thoughts that end nowhere."""
    assert without_thoughts(text) in text


def test_digits_that_go_on() -> None:
    """A partial value after a very long run of digits."""
    partials = Partials(0)
    begun = completion_pb2.PartStarted(part_index=0, part=message_pb2.ContentPart(text='{"a": "' + "1" * MANY + "x"))
    partials.after(Event(part_started=begun))
    delta = completion_pb2.PartDelta(part_index=0, text="1" * MANY + '", "b": 12')
    told = partials.after(Event(part_delta=delta))

    assert told is not None
    assert told.output_partial.json.endswith('"b": null}') or '"b"' not in told.output_partial.json
