"""Token counts where the provider says none: close to what providers count, and bounds that hold."""

import struct
from typing import Any

import pytest

from gateway import request
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.tokens.estimates import estimate, estimate_input, most_input, schema_as_types
from llmrpc_server.tokens.image_size import image_size
from llmrpc_server.tokens.manners import manner

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


def test_what_is_sealed_beside_a_text() -> None:
    """A state that is beside a text, or smaller than the thoughts that are told, makes a request no smaller."""
    state = message_pb2.ProviderState(kind="anthropic", data=b'{"signature":"%s"}' % (b"x" * 256))
    said = message_pb2.ContentPart(text="word " * 1000, provider_state=state)
    thought = message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text="word " * 1000), provider_state=state)

    for part in (said, thought):
        assert 1000 <= estimate_input(completion_pb2.CompleteRequest(messages=[message_pb2.Message(parts=[part])]))


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
