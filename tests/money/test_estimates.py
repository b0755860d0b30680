"""Token counts where the provider says none: close to what providers count, and bounds that hold."""

import itertools
import re
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import request
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.plans.echoes import Echoes
from llmrpc_server.plans.estimates import estimate, estimate_input, most_input, schema_as_types
from llmrpc_server.plans.image_size import image_size
from llmrpc_server.plans.manners import Manner, manner
from llmrpc_server.plans.output_estimates import OutputEstimate, estimate_answer

Event = completion_pb2.StreamCompleteResponse


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello, world!", 4),
        ("Why is the sky blue?", 6),
        ("internationalization", 4),
        ("3.14159265", 5),
        ("=====", 3),
        ("日本語のテキスト", 6),
    ],
)
def test_words_numbers_signs_and_other_scripts(text: str, tokens: int) -> None:
    """Each sort of text has its own measure."""
    assert tokens == estimate(text)


def test_a_long_text_is_like_its_beginning() -> None:
    """A long text is estimated from a part of it, close to the whole."""
    text = "The quick brown fox jumps over the lazy dog. " * 10_000

    assert estimate("The quick brown fox jumps over the lazy dog. ") * 10_000 == pytest.approx(estimate(text), rel=0.05)


@pytest.mark.parametrize("text", ["\x00" * 400, "日本" * 200, "a b " * 100, '{"k": [1, 2]}' * 30])
def test_the_bound_holds_for_any_text(text: str) -> None:
    """No tokenizer makes more tokens of a text than it has bytes, and the bound counts no fewer."""
    assert most_input(request("m/m", text)) >= len(text.encode())


@pytest.mark.parametrize(
    ("mime_type", "least"), [("application/pdf", 25_000), ("text/plain", 100_000), ("image/png", 5_000)]
)
def test_the_bound_of_media(mime_type: str, least: int) -> None:
    """A document counts by its bytes: text each of them, one that is packed every fourth."""
    media = message_pb2.Media(mime_type=mime_type, data=bytes(100_000))
    message = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[message_pb2.ContentPart(media=media)])

    assert least <= most_input(completion_pb2.CompleteRequest(messages=[message])) < least + 7_000


def test_the_bound_has_what_vendors_add() -> None:
    """A vendor's own words for tools and for a schema are in the bound, which no tool of a few bytes would hold."""
    tool = message_pb2.Tool(function=message_pb2.FunctionTool(name="f"))
    shape = completion_pb2.JsonSchemaFormat(schema_json="{}")
    asked = completion_pb2.CompleteRequest(tools=[tool], output=completion_pb2.OutputFormat(json_schema=shape))
    asked.tool_choice.mode = message_pb2.TOOL_CHOICE_MODE_REQUIRED

    for model in ("claude-3-haiku", "claude-sonnet-4-5", "claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-5"):
        assert most_input(asked) >= estimate_input(asked, manner("anthropic", model))


def test_the_bound_has_the_options() -> None:
    """A provider's own options, which can hold a prompt, count by their bytes."""
    asked = request("m/m", "a b")

    assert 4_000 == most_input(asked, "é" * 2_000) - most_input(asked)


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


def test_what_is_sealed_beside_a_text() -> None:
    """A state that is beside a text, or smaller than the thoughts that are told, makes a request no smaller."""
    state = message_pb2.ProviderState(kind="anthropic", data=b'{"signature":"%s"}' % (b"x" * 256))
    said = message_pb2.ContentPart(text="word " * 1000, provider_state=state)
    thought = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="word " * 1000), provider_state=state)

    for part in (said, thought):
        assert 1000 <= estimate_input(completion_pb2.CompleteRequest(messages=[message_pb2.Message(parts=[part])]))


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


def _png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06"


def _webp(form: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + form + b"\0\0\0\0" + rest


@pytest.mark.parametrize(
    "data",
    [
        _png(750, 400),
        b"GIF89a" + struct.pack("<HH", 750, 400),
        _webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 750, 400)),
        _webp(b"VP8L", b"\x2f" + (749 | 399 << 14).to_bytes(4, "little") + bytes(8)),
        _webp(b"VP8X", bytes(4) + (749).to_bytes(3, "little") + (399).to_bytes(3, "little")),
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + struct.pack(">HH", 400, 750),
    ],
)
def test_the_size_of_images(data: bytes) -> None:
    """Width and height are found in every format that vendors take; no cut of it is an error."""
    assert (750, 400) == image_size(data)
    assert all(image_size(data[:end]) in {None, (750, 400)} for end in range(len(data)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("segment", [b"\xff\xe0\0\2", b"\xff\xe0\0\0"])
def test_an_image_of_many_segments(segment: bytes) -> None:
    """A JPEG that holds nothing but beginnings is not looked through: that would hold up everybody."""
    data = b"\xff\xd8" + segment * 1_000_000
    assert [None] * 100 == [image_size(data) for _ in range(100)]


@pytest.mark.parametrize(
    ("medium", "tokens"),
    [
        ({"mime_type": "image/png", "data": _png(750, 400)}, 400),
        ({"mime_type": "image/png", "data": _png(9, 9)}, 85),
        ({"mime_type": "image/png", "data": _png(9000, 9000)}, 1600),
        ({"mime_type": "image/png", "uri": "https://example.com/a.png"}, 800),
        ({"mime_type": "application/pdf", "uri": "https://example.com/a.pdf"}, 1500),
        ({"mime_type": "application/pdf", "data": bytes(6000)}, 100),
    ],
)
def test_media_of_a_request(medium: dict[str, Any], tokens: int) -> None:
    """Images count by their pixels, other media by their bytes, and what is elsewhere by a guess."""
    part = message_pb2.ContentPart(media=message_pb2.Media(**medium))
    asked = completion_pb2.CompleteRequest(messages=[message_pb2.Message(parts=[part])])

    assert 4 + tokens == estimate_input(asked)


@pytest.mark.parametrize(
    ("kind", "model", "offered", "demanded"),
    [
        ("anthropic", "claude-3-5-haiku-20241022", 264, 340),
        ("anthropic", "claude-sonnet-4-20250514", 313, 315),
        ("openai", "anthropic/claude-4.5-haiku-20251001", 496, 588),
        ("openai", "anthropic/claude-sonnet-4.6", 496, 588),
        ("anthropic", "claude-opus-4-7", 675, 804),
        ("anthropic", "claude-opus-4-8", 290, 410),
        ("anthropic", "claude-sonnet-5", 354, 474),
        ("anthropic", "my-own", 496, 588),
        ("openai", "gpt-4o", 12, 12),
        ("openai", "o3-mini", 12, 12),
        ("openai_responses", "my-own", 12, 12),
        ("openai", "my-own", 0, 0),
    ],
)
def test_what_vendors_add_for_tools(kind: str, model: str, offered: int, demanded: int) -> None:
    """Vendors tell a model of tools in words of their own, which count."""
    asked = completion_pb2.CompleteRequest(tools=[message_pb2.Tool(function=message_pb2.FunctionTool(name="f"))])
    how = manner(kind, model)
    alone = round(((7 if how.typed else 12) + 1) * how.density)

    assert alone + offered == estimate_input(asked, how)
    asked.tool_choice.mode = message_pb2.TOOL_CHOICE_MODE_REQUIRED
    assert alone + demanded == estimate_input(asked, how)


def test_what_vendors_add_for_schemas_and_thoughts() -> None:
    """A schema of the answer, and thoughts that are asked for, bring words of the vendor's own."""
    asked, how = completion_pb2.CompleteRequest(), manner("anthropic", "claude-sonnet-4-5")
    asked.config.reasoning_effort = completion_pb2.REASONING_EFFORT_NONE
    assert 0 == estimate_input(asked, how)
    asked.config.reasoning_effort = completion_pb2.REASONING_EFFORT_LOW
    assert 30 == estimate_input(asked, how)
    asked.output.json_schema.schema_json = "{}"
    assert 30 + 135 + 1 == estimate_input(asked, how)


@pytest.mark.parametrize(
    ("schema", "tokens"),
    [
        ("", 0),
        ('{"type": "object", "properties": {}, "additionalProperties": false}', 1),
        ('{"properties": {"city": {"type": "string", "description": "its name"}}}', 3 + 1 + 1 + 2),
        ('{"properties": {"unit": {"enum": ["c", "f"]}}}', 3 + 1 + 2 * (3 + 1)),
        ('{"properties": {"of": {"items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}', 3 + 1 + 2),
        ('{"$defs": {"A": {"properties": {"b": true}}}, "properties": [], "enum": {}}', 3 + 1),
        ("[[]]", 0),
        ("not JSON", 2),
    ],
)
def test_schemas_as_types(schema: str, tokens: int) -> None:
    """Of a schema that a model reads as types, names, sorts, words and choices count, not what JSON has around them."""
    assert tokens == schema_as_types(schema)


def test_a_schema_that_is_too_deep() -> None:
    """A schema that is nested too deep to be read counts as a text."""
    assert 0 < schema_as_types("[" * 20_000)
