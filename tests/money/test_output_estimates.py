"""Estimates of what a model wrote, by all that its events show."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.tokens.echoes import Echoes
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import Manner, manner
from llmrpc_server.tokens.output_estimates import OutputEstimate, estimate_answer

Event = completion_pb2.StreamCompleteResponse


def of_delta(delta: completion_pb2.PartDelta, how: Manner) -> int:
    """Estimate an answer of one piece."""
    shown = OutputEstimate(how)
    shown.add(Event(part_delta=delta))
    return shown.tokens


def test_pieces_of_every_sort_count() -> None:
    """Text, reasoning, refusals and tool arguments of a stream count; a citation where the model writes it out."""
    deltas = [
        completion_pb2.PartDelta(**{name: "some words here"})  # type: ignore[arg-type]
        for name in ("text", "reasoning", "refusal", "tool_arguments_json")
    ]
    cited = completion_pb2.PartDelta(citation=message_pb2.Citation(quote="some words"))

    assert [3] * 4 == [of_delta(delta, Manner()) for delta in deltas]
    assert [0, 21] == [of_delta(cited, manner("openai", name)) for name in ("gpt-4o", "anthropic/Claude-4")]
    assert 2 == of_delta(completion_pb2.PartDelta(media_data=bytes(4800)), Manner())


def grown(*events: completion_pb2.StreamCompleteResponse) -> int:
    """Estimate an answer of these events."""
    shown = OutputEstimate(Manner(call=8))
    for event in events:
        shown.add(event)
    return shown.tokens


def started(**part: Any) -> completion_pb2.StreamCompleteResponse:
    """Make the beginning of a part."""
    return Event(part_started=completion_pb2.PartStarted(part=message_pb2.ContentPart(**part)))


def test_a_call_of_a_tool_counts_its_name_and_what_is_around_it() -> None:
    """A tool's name comes with its part, its arguments grow."""
    arguments = Event(part_delta=completion_pb2.PartDelta(tool_arguments_json="some words here"))

    assert 8 + 2 + 3 == grown(started(tool_call=message_pb2.ToolCall(name="find place")), arguments)


@pytest.mark.parametrize(
    ("item", "tokens"),
    [
        ('{"type": "server_tool_use", "input": "some words here"}', 8 + 3),
        ('{"type": "result", "content": "what was found on many pages"}', 0),
        ('{"input": {}}', 8),
        ('{"input": {}, "name": "ask", "server_name": "some place"}', 8 + 1 + 2),
        ('{"action": {"queries": ["a b"], "query": "a b", "sources": ["c"], "type": "search"}}', 8 + 9),
        ("[1]", 0),
        ("no JSON", 0),
    ],
)
def test_what_the_model_wrote_for_a_vendors_tool(item: str, tokens: int) -> None:
    """A vendor's own item counts by what the model wrote, not by what was found."""
    assert tokens == grown(started(provider_part=message_pb2.ProviderPart(kind="x", type="y", json=item)))


def _state(kind: str, name: str, size: int) -> message_pb2.ProviderState:
    data = f'{{"{name}":"{"A" * size}","summary":[{{"text":"some words here"}}]}}'
    return message_pb2.ProviderState(kind=kind, data=data.encode())


@pytest.mark.parametrize(
    ("kind", "name", "size", "tokens"),
    [
        ("anthropic", "signature", 250 + 533, 100),
        ("anthropic", "data", 250 + 533, 100),
        ("openai_responses", "encrypted_content", 940 + 667, 100),
        ("openai_responses", "encrypted_content", 940 + 7, 1),
        ("anthropic", "signature", 28, 3),
        ("anthropic", "text", 9000, 3),
        ("cohere", "signature", 9000, 3),
    ],
)
def test_encrypted_thoughts(kind: str, name: str, size: int, tokens: int) -> None:
    """Encrypted thoughts count by their own length, in place of what is shown: that may be a summary."""
    state = _state(kind, name, size)
    shown = Event(part_delta=completion_pb2.PartDelta(reasoning="some words here"))
    finished = Event(part_finished=completion_pb2.PartFinished(provider_state=state))
    part = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="some words here"), provider_state=state)
    whole = message_pb2.Message(parts=[part])

    assert tokens == grown(started(reasoning={}), shown, finished)
    assert tokens == grown(started(reasoning={"text": "some words here"}, provider_state=state), finished)
    assert tokens == estimate_answer(whole, Manner())
    # What is shown can be less than what is encrypted, not more.
    assert 4 + max(tokens, 3) == estimate_input(completion_pb2.CompleteRequest(messages=[whole]))


def test_thoughts_that_repeat_what_was_found() -> None:
    """What a tool found, which the thoughts of some models repeat, was not written by them."""
    text = "some <output>what was found\non many pages</output> words <output>and so"
    part = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text=text))
    delta = completion_pb2.PartDelta(reasoning=text)
    in_pieces = OutputEstimate(manner("openai", "groq/compound"))
    for start in range(0, len(text), 3):
        in_pieces.add(Event(part_delta=completion_pb2.PartDelta(reasoning=text[start : start + 3])))

    assert 2 == of_delta(delta, manner("openai", "groq/compound"))
    assert 2 == estimate_answer(message_pb2.Message(parts=[part]), manner("openai", "groq/compound"))
    assert 10 < of_delta(delta, manner("openai", "qwen3"))
    # Words that were cut count more than once.
    assert 2 <= in_pieces.tokens < 8


@given(
    st.lists(st.sampled_from(["<output>", "</output>", "a", "<", "<out", "put>", "</", ">"]), max_size=12), st.data()
)
def test_echoes_in_pieces(parts: list[str], data: st.DataObject) -> None:
    """However thoughts are cut, what is left of them is the same; only the begin of a tag can still be missing."""
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    whole, cut = Echoes(), Echoes()

    said = whole.left_out(text)
    pieces = [cut.left_out(text[start:end]) for start, end in itertools.pairwise([0, *cuts, len(text)])]

    assert said == "".join(pieces)
    assert re.sub(r"<output>.*?(?:</output>|\Z)", "", f"{text}", flags=re.DOTALL).startswith(said)


def test_an_item_without_end() -> None:
    """What is nested deeper than can be read counts as nothing, and breaks no answer."""
    nested = '{"input": ' + "[" * 5000 + "]" * 5000 + "}"
    part = message_pb2.ContentPart(provider_part=message_pb2.ProviderPart(json=nested))

    assert 0 == estimate_answer(message_pb2.Message(parts=[part]), Manner())


@pytest.mark.parametrize(("mime_type", "tokens"), [("audio/wav", 2), ("audio/ogg", 12), ("image/png", 80)])
def test_media_of_an_answer(mime_type: str, tokens: int) -> None:
    """Sound counts by the time that it takes, as far as its bytes tell."""
    part = message_pb2.ContentPart(media=message_pb2.Media(mime_type=mime_type, data=bytes(4800)))

    assert tokens == estimate_answer(message_pb2.Message(parts=[part]), Manner())


def test_a_dense_tokenizer() -> None:
    """A stream of small pieces comes to what the whole does: nothing is lost by rounding each."""
    how = manner("anthropic", "claude-sonnet-5")
    shown = OutputEstimate(how)
    for _ in range(100):
        shown.add(Event(part_delta=completion_pb2.PartDelta(text="word ")))

    assert 130 == shown.tokens
    assert 130 == estimate_answer(message_pb2.Message(parts=[message_pb2.ContentPart(text="word " * 100)]), how)
