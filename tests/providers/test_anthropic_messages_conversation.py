"""The conversation in a request to Anthropic."""

import base64
import json
from typing import Any

import pytest

from llmrpc_server import errors
from providers.anthropic_requests import asked, body, dropped, text, warned

EPHEMERAL = {"type": "ephemeral"}
PNG = base64.b64encode(b"\x89PNG").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()
WEB = {
    "type": "web_search_result_location",
    "url": "https://example.com",
    "title": "Sky",
    "cited_text": "Blue.",
    "encrypted_index": "abc",
}


def turn(role: str, *parts: Any) -> dict[str, Any]:
    """Write a message of parts; a text stands for itself."""
    return {"role": f"ROLE_{role}", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}


def said(text: str, **fields: Any) -> dict[str, Any]:
    """Write a block of text."""
    return {"type": "text", "text": text, **fields}


def state(kind: str = "anthropic", **fields: Any) -> dict[str, Any]:
    """Write the state that a provider kept with a part."""
    return {"kind": kind, "data": base64.b64encode(json.dumps(fields).encode()).decode()}


def block(part: dict[str, Any], role: str = "USER") -> Any:
    """Render a conversation with one part; return its only block."""
    blocks, _ = rendered(part, role)
    (only,) = blocks
    return only


def rendered(part: dict[str, Any], role: str = "ASSISTANT") -> tuple[list[Any], list[str]]:
    """Render a message of one part; return its blocks and what the caller is told."""
    call = asked(messages=[turn("USER", "Hi"), turn("ASSISTANT", "So"), turn(role, part)])
    turns = body(call)["messages"]
    blocks = turns[1]["content"][1:] if role == "ASSISTANT" else turns[2]["content"]
    return blocks, warned(call)


def test_instructions() -> None:
    """Instructions stand by themselves, in their order, wherever they stood."""
    messages = [
        turn("DEVELOPER", "a"),
        turn("USER", "Hi"),
        turn("SYSTEM", "b", "", {"text": "c", "cacheBreakpoint": True}),
    ]

    sent = body(asked(messages=messages))

    assert [said("a"), said("b"), said("c", cache_control=EPHEMERAL)] == sent["system"]
    assert [{"role": "user", "content": [said("Hi")]}] == sent["messages"]


def test_turns() -> None:
    """Neighbours of one role are one turn, results of tools are the user's, and what says nothing is left out."""
    result = {"toolResult": {"toolCallId": "1", "parts": [{"text": "Blue"}]}}
    messages = [
        turn("SYSTEM", ""),
        turn("USER", "a", ""),
        turn("ASSISTANT", ""),
        turn("USER", "b"),
        turn("ASSISTANT", "c"),
        turn("TOOL", result),
        turn("USER", "d"),
    ]

    sent = body(asked(messages=messages))

    assert "system" not in sent
    assert [
        {"role": "user", "content": [said("a"), said("b")]},
        {"role": "assistant", "content": [said("c")]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "1", "content": [said("Blue")]}, said("d")],
        },
    ] == sent["messages"]


@pytest.mark.parametrize("messages", [[turn("SYSTEM", "a")], [turn("SYSTEM", "a"), turn("USER", "")]])
def test_nothing_but_instructions(messages: list[Any]) -> None:
    """The vendor answers a message; without one nothing is sent."""
    with pytest.raises(errors.ProviderInvalidRequest):
        body(asked(messages=messages))


def test_instructions_of_other_kinds() -> None:
    """Instructions are text."""
    picture = {"media": {"uri": "https://example.com/a.png"}}

    with pytest.raises(errors.ProviderUnsupported):
        body(asked(messages=[turn("SYSTEM", picture), turn("USER", "Hi")]))


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (
            {"mimeType": "image/png", "data": PNG},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        ),
        (
            {"uri": "https://example.com/a"},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a"}},
        ),
        (
            {"mimeType": "image/png", "fileId": "file_1"},
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            {"mimeType": "application/pdf", "data": PDF, "filename": "a.pdf"},
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                "title": "a.pdf",
            },
        ),
        (
            {"uri": "https://example.com/a.pdf"},
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
        ),
        ({"fileId": "file_1"}, {"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        (
            {"mimeType": "text/markdown; charset=utf-8", "data": base64.b64encode("Grüße".encode()).decode()},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
        ),
    ],
)
def test_media(media: dict[str, Any], expected: Any) -> None:
    """Images and documents are blocks with a source; a document of text is its text."""
    assert expected == block({"media": media})


def test_a_picture_has_no_name() -> None:
    """The name of an image is left out, and the caller is told."""
    _, told = rendered({"media": {"uri": "https://example.com/a.png", "filename": "a.png"}}, "USER")

    assert [dropped("messages[].parts[].media.filename")] == told


def test_text_in_another_encoding() -> None:
    """A document of text that is not in UTF-8 cannot be said."""
    with pytest.raises(errors.ProviderUnsupported):
        block({"media": {"mimeType": "text/plain", "data": base64.b64encode(b"\xff").decode()}})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        ("{}", {}),
        ('{"a": 1}', {"a": 1}),
        ('{"a": 1', {"INVALID_JSON": '{"a": 1'}),
        ("[]", {"INVALID_JSON": "[]"}),
    ],
)
def test_tool_calls(arguments: str, expected: Any) -> None:
    """A call's input is an object whatever the model wrote, and what the vendor kept with the call goes back."""
    call = {
        "toolCall": {"id": "1", "name": "look", "argumentsJson": arguments},
        "providerState": state(caller={"a": 1}),
    }

    assert ([{"type": "tool_use", "id": "1", "name": "look", "input": expected, "caller": {"a": 1}}], []) == rendered(
        call
    )


def test_arguments_go_back_to_the_letter() -> None:
    """Numbers and the order of keys in arguments are the model's."""
    arguments = '{"b": 1.10,  "a": 123456789012345678901234567890}'
    call = {"toolCall": {"id": "1", "name": "look", "argumentsJson": arguments}}

    assert arguments in text(asked(messages=[turn("ASSISTANT", call)]))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({}, {}),
        ({"parts": [{"text": ""}], "isError": True}, {"is_error": True}),
        (
            {"parts": [{"text": "a"}, {"media": {"uri": "https://example.com/a.png"}}]},
            {"content": [said("a"), {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]},
        ),
    ],
)
def test_tool_results(result: dict[str, Any], expected: dict[str, Any]) -> None:
    """A result holds blocks, or none, and tells whether the tool failed where it did."""
    part = {"toolResult": {"toolCallId": "1", **result}}

    assert {"type": "tool_result", "tool_use_id": "1", **expected} == block(part, "TOOL")


@pytest.mark.parametrize(
    ("reasoning", "kept", "expected"),
    [
        ({"text": "Hm."}, {"signature": "sig"}, {"type": "thinking", "thinking": "Hm.", "signature": "sig"}),
        ({"redacted": True}, {"signature": "sig"}, {"type": "thinking", "thinking": "", "signature": "sig"}),
        ({"redacted": True}, {"data": "secret"}, {"type": "redacted_thinking", "data": "secret"}),
    ],
)
def test_reasoning_goes_back(reasoning: dict[str, Any], kept: dict[str, Any], expected: Any) -> None:
    """What the vendor signed or encrypted goes back as it was; a cache hint has no place on it."""
    part = {"reasoning": reasoning, "providerState": state(**kept), "cacheBreakpoint": True}

    assert ([expected], []) == rendered(part)


@pytest.mark.parametrize(
    ("kept", "paths"),
    [
        ({}, ["messages[].parts[].reasoning"]),
        ({"providerState": state()}, ["messages[].parts[].reasoning"]),
        (
            {"providerState": state("openai", signature="sig")},
            ["messages[].parts[].provider_state", "messages[].parts[].reasoning"],
        ),
    ],
)
def test_reasoning_of_others(kept: dict[str, Any], paths: list[str]) -> None:
    """Other reasoning is left out, and the caller is told."""
    assert ([], [dropped(path) for path in paths]) == rendered({"reasoning": {"text": "Hm."}, **kept})


def test_items_go_back() -> None:
    """A block that only this vendor has goes back to the letter; a cache hint stands on it."""
    json_ = '{"type": "server_tool_use", "input": {"n": 1.10}}'
    part = {"providerPart": {"kind": "anthropic", "type": "server_tool_use", "json": json_}}

    assert ([json.loads(json_)], []) == rendered(part)
    assert ([{**json.loads(json_), "cache_control": EPHEMERAL}], []) == rendered({**part, "cacheBreakpoint": True})
    assert '{"n": 1.10}' in text(asked(messages=[turn("ASSISTANT", part)]))


@pytest.mark.parametrize("json_", ["", "[]", "{"])
def test_items_that_are_no_objects(json_: str) -> None:
    """An item that is no JSON object would break the whole body; nothing is sent."""
    part = {"providerPart": {"kind": "anthropic", "type": "x", "json": json_}}

    with pytest.raises(errors.ProviderInvalidRequest):
        rendered(part)


def test_a_refusal_goes_back_as_text() -> None:
    """The vendor has no block for words that decline."""
    assert ([said("No.", cache_control=EPHEMERAL)], []) == rendered({"refusal": "No.", "cacheBreakpoint": True})


def test_state_of_a_text() -> None:
    """What the vendor kept with a text goes back with it, but never in place of what the part says."""
    part = {"text": "Hi", "providerState": state(mood=1, text="old", type="old")}

    assert ([said("Hi", mood=1)], []) == rendered(part)


@pytest.mark.parametrize(
    ("citations", "expected", "told"),
    [
        ([{"json": json.dumps(WEB)}], {"citations": [WEB]}, []),
        ([{"json": json.dumps(WEB)}, {"uri": "https://example.com"}], {}, [dropped("messages[].parts[].citations")]),
        ([{"json": '{"type": "url_citation"}'}], {}, [dropped("messages[].parts[].citations")]),
    ],
)
def test_sources(citations: list[Any], expected: Any, told: list[str]) -> None:
    """The vendor's own sources go back with their text; where one is another's, all are left out."""
    assert ([said("Blue.", **expected)], told) == rendered({"text": "Blue.", "citations": citations})


def test_names_and_details() -> None:
    """Names of speakers and the resolution of images are left out, and the caller is told."""
    picture = {"media": {"uri": "https://example.com/a.png", "detail": "low"}}
    call = asked(messages=[{**turn("USER", picture), "name": "Ann"}])
    body(call)

    assert [dropped("messages[].name"), dropped("messages[].parts[].media.detail")] == warned(call)
