"""Messages of a request to Chat Completions: what the vendor reads, and what it is not told."""

import base64
from typing import Any

import pytest

from llmrpc_server import errors
from providers.openai_chat_requests import Fields, asked, body, dropped, message, saying

PNG = base64.b64encode(b"png").decode()


def state(data: str, kind: str = "openai") -> Fields:
    """Write what a provider once kept with a part."""
    return {"providerState": {"kind": kind, "model": "model", "data": base64.b64encode(data.encode()).decode()}}


@pytest.mark.parametrize(
    ("role", "row", "expected"),
    [
        ("SYSTEM", {}, "system"),
        ("DEVELOPER", {}, "developer"),
        ("DEVELOPER", {"developer_role": False}, "system"),
        ("USER", {}, "user"),
        ("ASSISTANT", {}, "assistant"),
    ],
)
def test_roles(role: str, row: Fields, expected: str) -> None:
    """Each message stays one, with its name."""
    assert {"role": expected, "content": "Hi", "name": "ann"} == message(
        saying(role, {"text": "Hi"}, name="ann"), **row
    )


def test_a_vendor_without_names() -> None:
    """A name that the vendor does not take is left out, with a Warning."""
    call = saying("USER", {"text": "Hi"}, name="ann")

    assert {"role": "user", "content": "Hi"} == message(call, unsupported=["name"])
    assert ["messages[].name"] == dropped(call)


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([{"text": "Hi"}], "Hi"),
        ([{"text": ""}], ""),
        ([{"text": ""}, {"text": ""}], ""),
        ([{"text": ""}, {"text": "Hi"}], "Hi"),
        ([{"text": "H"}, {"text": "i"}], [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]),
        ([{"refusal": "No."}], "No."),
        (
            [{"media": {"mimeType": "image/png", "data": PNG, "detail": "low"}}],
            [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}],
        ),
        (
            [{"media": {"uri": "https://a.example/b"}}],
            [{"type": "image_url", "image_url": {"url": "https://a.example/b"}}],
        ),
        (
            [{"media": {"mimeType": "audio/x-wav", "data": PNG}}, {"media": {"mimeType": "audio/mpeg", "data": PNG}}],
            [
                {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
                {"type": "input_audio", "input_audio": {"data": PNG, "format": "mp3"}},
            ],
        ),
        (
            [{"media": {"mimeType": "application/pdf", "data": PNG}}],
            [
                {
                    "type": "file",
                    "file": {"filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PNG}"},
                }
            ],
        ),
        ([{"media": {"fileId": "f", "mimeType": "text/plain"}}], [{"type": "file", "file": {"file_id": "f"}}]),
    ],
)
def test_content(parts: list[Fields], content: Any) -> None:
    """A text alone is just that; an empty one is left out where something else is said."""
    call = saying("USER", *parts)

    assert content == message(call)["content"]
    assert [] == dropped(call)


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({"mimeType": "image/png", "data": PNG, "filename": "a.png"}, ["messages[].parts[].media.filename"]),
        ({"mimeType": "audio/wav", "data": PNG, "detail": "low"}, ["messages[].parts[].media.detail"]),
        ({"fileId": "f", "filename": "a.pdf"}, ["messages[].parts[].media.filename"]),
        ({"mimeType": "application/pdf", "data": PNG, "filename": "a.pdf"}, []),
    ],
)
def test_names_and_details_without_a_place(media: Fields, expected: list[str]) -> None:
    """What the wire has no place for is told, not swallowed."""
    call = saying("USER", {"media": media})
    message(call)

    assert expected == dropped(call)


CALL: Fields = {"toolCall": {"id": "1", "name": "look", "argumentsJson": '{"a": 1.0}'}}
CALLED: Fields = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1.0}'}}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([CALL], {"tool_calls": [CALLED]}),
        ([{"text": ""}, CALL], {"tool_calls": [CALLED]}),
        ([{"text": "Hi"}, CALL], {"content": "Hi", "tool_calls": [CALLED]}),
        (
            [{"toolCall": {"id": "1", "name": "look"}}],
            {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
        ),
        ([{"refusal": "No."}], {"refusal": "No."}),
        (
            [{"text": "Hi"}, {"refusal": "No."}],
            {"content": [{"type": "text", "text": "Hi"}, {"type": "refusal", "refusal": "No."}]},
        ),
        # What goes back into the object that it came from.
        ([{**CALL, **state('{"extra_content": {"a": 1}}')}], {"tool_calls": [{**CALLED, "extra_content": {"a": 1}}]}),
        (
            [{"toolCall": {"id": "1", "name": "write", "argumentsJson": "x"}, **state('{"type": "custom"}')}],
            {"tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "write", "input": "x"}}]},
        ),
        ([{"text": "Hi", **state('{"extra_content": {"a": 1}}')}], {"content": "Hi", "extra_content": {"a": 1}}),
        (
            [{"media": {"mimeType": "audio/wav", "data": PNG}, **state('{"audio": {"id": "a", "expires_at": 7}}')}],
            {"audio": {"id": "a"}},
        ),
        (
            [{"media": {"mimeType": "image/png", "data": PNG}, **state('{"images": true}')}],
            {"images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]},
        ),
    ],
)
def test_the_assistant(parts: list[Fields], expected: Fields) -> None:
    """An answer goes back as it came."""
    call = saying("ASSISTANT", *parts)

    assert {"role": "assistant", **expected} == message(call)
    assert [] == dropped(call)


def test_state_of_another_kind() -> None:
    """What another provider kept is dropped, with a Warning."""
    call = saying("ASSISTANT", {**CALL, **state('{"extra_content": {"a": 1}}', "anthropic")})

    assert {"role": "assistant", "tool_calls": [CALLED]} == message(call)
    assert ["messages[].parts[].provider_state"] == dropped(call)


REASONED: Fields = {"reasoning": {"text": "Hm."}, **state('{"reasoning_details": [{"text": "Hm."}], "signature": "s"}')}


@pytest.mark.parametrize(
    ("field", "part", "expected"),
    [
        ("reasoning_content", REASONED, {"reasoning_content": "Hm.", "content": "Hi"}),
        ("reasoning", REASONED, {"reasoning": "Hm.", "content": "Hi"}),
        ("reasoning_details", REASONED, {"reasoning_details": [{"text": "Hm."}], "content": "Hi"}),
        (
            "thinking",
            REASONED,
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "s"},
                    {"type": "text", "text": "Hi"},
                ]
            },
        ),
        (None, REASONED, {"content": "Hi"}),
        ("reasoning_details", {"reasoning": {"text": "Hm."}}, {"content": "Hi"}),
        ("reasoning_content", {"reasoning": {"redacted": True}}, {"content": "Hi"}),
    ],
)
def test_reasoning(field: str | None, part: Fields, expected: Fields) -> None:
    """Reasoning goes back where the vendor takes it, and is else dropped with a Warning."""
    call = saying("ASSISTANT", part, {"text": "Hi"})

    assert {"role": "assistant", **expected} == message(call, reasoning_field=field)
    assert ([] if len(expected) > 1 or field == "thinking" else ["messages[].parts[].reasoning"]) == dropped(call)


def test_several_reasonings() -> None:
    """What was reasoned in several parts goes back in one field."""
    call = saying("ASSISTANT", REASONED, {"text": "Hi"}, REASONED)

    assert "Hm.Hm." == message(call, reasoning_field="reasoning")["reasoning"]
    assert [{"text": "Hm."}] * 2 == message(call, reasoning_field="reasoning_details")["reasoning_details"]


def test_nothing_is_left() -> None:
    """A message that only held what cannot be said says nothing."""
    assert {"role": "assistant", "content": ""} == message(saying("ASSISTANT", {"reasoning": {"text": "Hm."}}))


def test_tool_results() -> None:
    """A message for each result; a tool has no name of its own there."""
    results = [
        {"toolResult": {"toolCallId": "1", "parts": [{"text": "sunny"}]}},
        {"toolResult": {"toolCallId": "2", "parts": [{"text": "a"}, {"text": "b"}], "isError": True}},
        {"toolResult": {"toolCallId": "3"}},
    ]
    call = asked(messages=[{"role": "ROLE_TOOL", "parts": results, "name": "weather"}])

    assert [
        {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        {
            "role": "tool",
            "tool_call_id": "2",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        {"role": "tool", "tool_call_id": "3", "content": ""},
    ] == body(call)["messages"]
    assert {"messages[].name", "messages[].parts[].tool_result.is_error"} == set(dropped(call))


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("ASSISTANT", {"media": {"mimeType": "image/png", "data": PNG}}),
        ("ASSISTANT", {"providerPart": {"kind": "openai", "type": "x", "json": "{}"}}),
        ("USER", CALL),
        ("SYSTEM", {"reasoning": {"text": "Hm."}}),
    ],
)
def test_what_cannot_be_said(role: str, part: Fields) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(errors.ProviderUnsupported) as failed:
        body(saying(role, part))

    assert failed.value.message.startswith("acme/model ")
