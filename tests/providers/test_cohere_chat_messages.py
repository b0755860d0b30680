"""A conversation as Cohere's messages and documents."""

from typing import Any

import pytest

from llmrpc_server import errors
from llmrpc_server.call import Call
from providers.cohere_requests import asked, body

PLAN = {"reasoning": {"text": "I look."}, "providerState": {"kind": "cohere", "data": "eyJ0eXBlIjoidG9vbF9wbGFuIn0="}}
THOUGHT = {"reasoning": {"text": "Hm."}, "providerState": {"kind": "cohere", "data": "eyJ0eXBlIjoidGhpbmtpbmcifQ=="}}
BARE_THOUGHT = {"reasoning": {"text": "Hm."}, "providerState": {"kind": "cohere", "data": "e30="}}
FOREIGN = {"kind": "anthropic", "data": "e30="}
CALL = {"toolCall": {"id": "1", "name": "look", "argumentsJson": '{"a": 1.0}'}}
PICTURE = {"media": {"mimeType": "image/png", "data": "iVBO"}}
NOTE = {"media": {"mimeType": "text/plain", "data": "Qmx1ZS4="}}

CALLED = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1.0}'}}
SEEN = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}


def said(role: str, *parts: Any) -> Call:
    """Make a call whose conversation is one message."""
    return asked(messages=[{"role": f"ROLE_{role}", "parts": list(parts)}])


def text(words: str) -> dict[str, str]:
    """Write a block of text."""
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("role", "parts", "message"),
    [
        ("SYSTEM", [{"text": "Be."}], {"role": "system", "content": "Be."}),
        ("DEVELOPER", [{"text": "Be."}], {"role": "system", "content": "Be."}),
        ("USER", [{"text": "Hi"}], {"role": "user", "content": "Hi"}),
        ("USER", [{"text": ""}], {"role": "user", "content": ""}),
        ("USER", [{"text": ""}, {"text": "Hi"}, {"text": ""}], {"role": "user", "content": "Hi"}),
        ("USER", [{"text": "a"}, {"text": "b"}], {"role": "user", "content": [text("a"), text("b")]}),
        ("USER", [{"text": "a"}, PICTURE], {"role": "user", "content": [text("a"), SEEN]}),
        ("USER", [PICTURE], {"role": "user", "content": [SEEN]}),
        (
            "USER",
            [{"media": {"uri": "https://a.example/a.png", "detail": "low"}}],
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png", "detail": "low"}}],
            },
        ),
        ("ASSISTANT", [{"text": "Hi"}], {"role": "assistant", "content": "Hi"}),
        ("ASSISTANT", [{"text": ""}], {"role": "assistant", "content": ""}),
        ("ASSISTANT", [{"refusal": "No."}], {"role": "assistant", "content": "No."}),
        ("ASSISTANT", [CALL], {"role": "assistant", "tool_calls": [CALLED]}),
        ("ASSISTANT", [{"text": ""}, CALL], {"role": "assistant", "tool_calls": [CALLED]}),
        ("ASSISTANT", [{"text": "Hi"}, CALL], {"role": "assistant", "content": "Hi", "tool_calls": [CALLED]}),
        ("ASSISTANT", [PLAN, CALL], {"role": "assistant", "tool_plan": "I look.", "tool_calls": [CALLED]}),
        (
            "ASSISTANT",
            [THOUGHT, {"text": "Hi"}],
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}, text("Hi")]},
        ),
        ("ASSISTANT", [BARE_THOUGHT], {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}]}),
        (
            "ASSISTANT",
            [{"providerPart": {"kind": "cohere", "type": "map", "json": '{"type":"map","at":[1.5]}'}}],
            {"role": "assistant", "content": [{"type": "map", "at": [1.5]}]},
        ),
        (
            "ASSISTANT",
            [{"toolCall": {"id": "1", "name": "look"}}],
            {"role": "assistant", "tool_calls": [{**CALLED, "function": {"name": "look", "arguments": "{}"}}]},
        ),
        (
            "ASSISTANT",
            [{"toolCall": {"id": "1", "name": "look", "argumentsJson": "{a"}}],
            {"role": "assistant", "tool_calls": [{**CALLED, "function": {"name": "look", "arguments": "{a"}}]},
        ),
    ],
)
def test_messages(role: str, parts: list[Any], message: dict[str, Any]) -> None:
    """Texts that say nothing are left out, one text is bare, and what the model said goes back to where it was."""
    call = said(role, *parts)

    assert [message] == body(call)["messages"]
    assert [] == call.warnings


@pytest.mark.parametrize(
    ("parts", "content"),
    [([], ""), ([{"text": "Blue."}], "Blue."), ([{"text": "a"}, {"text": ""}, {"text": "b"}], [text("a"), text("b")])],
)
def test_tool_results(parts: list[Any], content: Any) -> None:
    """Each result is a message of its own."""
    results = [{"toolResult": {"toolCallId": id_, "parts": parts}} for id_ in ("1", "2")]

    assert [{"role": "tool", "tool_call_id": id_, "content": content} for id_ in ("1", "2")] == body(
        said("TOOL", *results)
    )["messages"]


def test_documents() -> None:
    """Documents stand beside the conversation, numbered over all of it."""
    call = said("USER", NOTE, {"text": "Which?"}, {"media": {**NOTE["media"], "filename": "sky.txt"}})
    call.request.messages.append(said("USER", NOTE).request.messages[0])
    rendered = body(call)

    assert [
        {"id": "doc:0", "data": {"text": "Blue."}},
        {"id": "doc:1", "data": {"title": "sky.txt", "text": "Blue."}},
        {"id": "doc:2", "data": {"text": "Blue."}},
    ] == rendered["documents"]
    assert ["Which?", ""] == [message["content"] for message in rendered["messages"]]


@pytest.mark.parametrize(
    ("role", "media"),
    [
        ("USER", {"mimeType": "application/pdf", "data": "JVBE"}),
        ("USER", {"mimeType": "text/plain", "data": "/w=="}),
        ("SYSTEM", NOTE["media"]),
        ("SYSTEM", PICTURE["media"]),
        ("DEVELOPER", PICTURE["media"]),
    ],
)
def test_media_without_a_place(role: str, media: Any) -> None:
    """A medium that has no place is refused, not left out."""
    with pytest.raises(errors.ProviderUnsupported, match=r"^acme/model takes "):
        body(said(role, {"media": media}))


@pytest.mark.parametrize("role", ["SYSTEM", "USER"])
@pytest.mark.parametrize("part", [CALL, {"providerPart": {"kind": "cohere", "type": "map", "json": "{}"}}])
def test_parts_of_the_assistant_alone(role: str, part: Any) -> None:
    """What only the assistant can say is refused where another says it."""
    with pytest.raises(errors.ProviderUnsupported, match=r"^acme/model takes "):
        body(said(role, part))


@pytest.mark.parametrize(
    ("role", "part", "dropped"),
    [
        ("ASSISTANT", {"reasoning": {"text": "Hm."}}, ["messages[].parts[].reasoning"]),
        ("USER", {"reasoning": {"text": "Hm."}}, ["messages[].parts[].reasoning"]),
        (
            "ASSISTANT",
            {"reasoning": {"text": "Hm."}, "providerState": FOREIGN},
            ["messages[].parts[].provider_state", "messages[].parts[].reasoning"],
        ),
        ("ASSISTANT", {"text": "Hi", "providerState": FOREIGN}, ["messages[].parts[].provider_state"]),
        ("USER", {"text": "Hi", "providerState": FOREIGN}, ["messages[].parts[].provider_state"]),
        ("ASSISTANT", {"text": "Hi", "citations": [{"uri": "x"}]}, ["messages[].parts[].citations"]),
        ("USER", {"media": {**PICTURE["media"], "filename": "a.png"}}, ["messages[].parts[].media.filename"]),
        ("USER", {"media": {**NOTE["media"], "detail": "low"}}, ["messages[].parts[].media.detail"]),
        (
            "TOOL",
            {"toolResult": {"toolCallId": "1", "isError": True}},
            ["messages[].parts[].tool_result.is_error"],
        ),
        (
            "TOOL",
            {"toolResult": {"toolCallId": "1", "parts": [{"text": "a", "providerState": FOREIGN}]}},
            ["messages[].parts[].provider_state"],
        ),
    ],
)
def test_what_is_dropped(role: str, part: Any, dropped: list[str]) -> None:
    """What cannot be said is left out with a Warning."""
    call = said(role, part)
    body(call)

    assert [("PARAMETER_DROPPED", f"acme/model has no {path}: it was left out") for path in dropped] == [
        (warning.reason, warning.text) for warning in call.warnings
    ]
