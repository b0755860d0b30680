"""The conversation in a request to Responses."""

import base64
import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from providers.openai_responses_bodies import CALL, MESSAGE, SEARCH, TEXT, THOUGHTS, body, told
from providers.openai_responses_requests import asked, dropped, text

OTHER = {"kind": "anthropic", "data": base64.b64encode(b'{"id":"1"}').decode()}
PICTURE = {"mimeType": "image/png", "data": "iVBO"}


def state(**fields: Any) -> dict[str, Any]:
    """Write the state that this kind once kept with a part."""
    data = base64.b64encode(json.dumps(fields).encode()).decode()
    return {"providerState": {"kind": "openai_responses", "data": data}}


def said(role: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Write a message."""
    return {"role": f"ROLE_{role}", "parts": parts, **fields}


def rendered(call: Call) -> Any:
    """Render a call's conversation."""
    return json.loads(text(call))["input"]


def items(*messages: dict[str, Any]) -> Any:
    """Render messages."""
    return rendered(asked(messages=messages))


def test_roles() -> None:
    """Messages stand in their places, each by itself; one text is a bare one."""
    turns = [said(role, {"text": "a"}) for role in ("SYSTEM", "USER", "USER", "DEVELOPER", "ASSISTANT", "SYSTEM")]

    assert [
        {"role": role, "content": "a"} for role in ("system", "user", "user", "developer", "assistant", "system")
    ] == items(*turns)


def test_several_parts() -> None:
    """They are a list; empty texts are left out where there is more."""
    assert [
        {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
        {"role": "user", "content": "c"},
        {"role": "system", "content": ""},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "d"},
        {"role": "assistant", "content": "e"},
    ] == items(
        said("USER", {"text": "a"}, {"text": ""}, {"text": "b"}),
        said("USER", {"text": ""}, {"text": "c"}),
        said("SYSTEM", {"text": ""}, {"text": ""}),
        said("ASSISTANT", {"text": ""}),
        said("ASSISTANT", {"text": "d"}, {"text": ""}, {"text": "e"}),
    )


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (PICTURE, {"type": "input_image", "image_url": "data:image/png;base64,iVBO", "detail": "auto"}),
        (
            {"mimeType": "image/png", "uri": "https://a.example/a.png", "detail": "low"},
            {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "low"},
        ),
        (
            {"mimeType": "image/png", "fileId": "file_1"},
            {"type": "input_image", "file_id": "file_1", "detail": "auto"},
        ),
        (
            {"mimeType": "application/pdf", "data": "JVBE"},
            {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"},
        ),
        (
            {"mimeType": "text/plain", "data": "SGk=", "filename": "a.txt"},
            {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,SGk="},
        ),
        (
            {"mimeType": "application/pdf", "uri": "https://a.example/a.pdf", "detail": "high"},
            {"type": "input_file", "file_url": "https://a.example/a.pdf", "detail": "high"},
        ),
        ({"fileId": "file_1"}, {"type": "input_file", "file_id": "file_1"}),
    ],
)
def test_media(media: dict[str, Any], expected: dict[str, Any]) -> None:
    """Pictures and files, by their bytes, address or id, in messages and in results of tools."""
    result = {"toolResult": {"toolCallId": "call_1", "parts": [{"media": media}]}}

    assert [
        {"role": "user", "content": [{"type": "input_text", "text": "a"}, expected]},
        {"role": "user", "content": [expected]},
        {"type": "function_call_output", "call_id": "call_1", "output": [expected]},
    ] == items(said("USER", {"text": "a"}, {"media": media}), said("USER", {"media": media}), said("TOOL", result))


@pytest.mark.parametrize(
    "media",
    [
        {**PICTURE, "filename": "a.png"},
        {"mimeType": "application/pdf", "fileId": "1", "filename": "a.pdf"},
        {"uri": "https://a.example/a.pdf", "filename": "a.pdf"},
    ],
)
def test_a_filename_without_a_place(media: dict[str, Any]) -> None:
    """A name stands with the bytes of a file alone; elsewhere it is dropped with a Warning."""
    call = asked(messages=[said("USER", {"media": media})])

    assert "filename" not in text(call)
    assert ["messages[].parts[].media.filename"] == dropped(call)


def test_an_answer_goes_back() -> None:
    """What the vendor sent comes back as the items that it was, in their order."""
    second = {**TEXT, "text": "Bye"}
    output = [THOUGHTS, SEARCH, {**MESSAGE, "phase": "commentary", "content": [TEXT, second]}, CALL]
    whole = told(body(*output)).response.message
    call = asked(messages=[said("USER", {"text": "a"})])
    call.request.messages.append(whole)

    plain = [{name: one[name] for name in ("type", "text", "annotations")} for one in (TEXT, second)]
    assert [THOUGHTS, SEARCH, {**output[2], "content": plain}, CALL] == rendered(call)[1:]
    assert [] == list(call.warnings)


def test_fields_that_nobody_knows_go_back() -> None:
    """They stand where they stood."""
    sent = {**MESSAGE, "x": 1, "content": [{**TEXT, "y": [2]}]}
    call = asked(messages=[])
    call.request.messages.append(told(body(sent)).response.message)

    assert [{**sent, "content": [{"type": "output_text", "text": "Hi there", "annotations": [], "y": [2]}]}] == (
        rendered(call)
    )


def test_parts_of_one_item() -> None:
    """Those that follow each other and have one id are one item; anything between makes two."""
    one, two = state(id="msg_1", status="completed"), state(id="msg_2")
    first, second, third = ({"text": word} for word in ("a", "b", "c"))
    asks = {"toolCall": {"id": "call_1", "name": "look"}}

    found = items(
        said("ASSISTANT", first | one, second | one, third | two, asks, first | two, first, first | state(x=1))
    )

    assert [["a", "b"], ["c"], "function_call", ["a"], "a", ["a"]] == [
        [content["text"] for content in item["content"]]
        if isinstance(item.get("content"), list)
        else item.get("content", item.get("type"))
        for item in found
    ]
    assert ["msg_1", "completed"] == [found[0]["id"], found[0]["status"]]


def test_refusals() -> None:
    """The assistant's own words of refusal, with an id or without."""
    no = {"type": "refusal", "refusal": "No."}

    assert [
        {"role": "assistant", "content": [no]},
        {"type": "message", "role": "assistant", "id": "msg_1", "content": [no]},
    ] == items(said("ASSISTANT", {"refusal": "No."}, {"refusal": "No."} | state(id="msg_1")))


@pytest.mark.parametrize(
    ("arguments", "expected"), [('{"b":1,"a":2.0}', '{"b":1,"a":2.0}'), ("", "{}"), ("{not", "{not")]
)
def test_function_calls(arguments: str, expected: str) -> None:
    """Arguments are the model's own text, also where that is not JSON; none are an empty object."""
    asks = {"toolCall": {"id": "call_1", "name": "look", "argumentsJson": arguments}}
    item = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": expected}

    assert [item, {**item, "id": "fc_1", "namespace": "n"}] == items(
        said("ASSISTANT", asks, asks | state(id="fc_1", namespace="n"))
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ""),
        ([{"text": "a"}], "a"),
        ([{"text": ""}, {"text": "a"}], "a"),
        ([{"text": "a"}, {"text": "b"}], [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
    ],
)
def test_results_of_tools(parts: list[dict[str, Any]], expected: object) -> None:
    """Each is an item: a bare text, nothing, or a list."""
    result = {"toolResult": {"toolCallId": "call_1", "parts": parts}}

    assert [{"type": "function_call_output", "call_id": "call_1", "output": expected}] * 2 == items(
        said("TOOL", result, result)
    )


def test_parts_of_the_vendors_own() -> None:
    """They are items as they were sent, wherever they stand."""
    raw = '{"type":"x","n":12345678901234567890.0}'
    part = {"providerPart": {"kind": "openai_responses", "type": "x", "json": raw}}
    call = asked(messages=[said("USER", {"text": "a"}, part, {"text": "b"}), said("ASSISTANT", part)])

    assert [{"role": "user", "content": "a"}, json.loads(raw), {"role": "user", "content": "b"}, json.loads(raw)] == (
        rendered(call)
    )
    assert text(call).count(raw) == 2


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"text": "a", "providerState": OTHER}, ["messages[].parts[].provider_state"]),
        (
            {"reasoning": {"text": "a"}, "providerState": OTHER},
            ["messages[].parts[].provider_state", "messages[].parts[].reasoning"],
        ),
        ({"reasoning": {"text": "a"}}, ["messages[].parts[].reasoning"]),
        ({"text": "a", "citations": [{"uri": "u"}]}, ["messages[].parts[].citations"]),
    ],
)
def test_what_others_made(part: dict[str, Any], expected: list[str]) -> None:
    """What only another vendor understands, and what cannot be said, is dropped with a Warning."""
    assert expected == dropped(asked(messages=[said("USER", {"text": "a"}), said("ASSISTANT", part)]))


def test_names_and_errors() -> None:
    """A speaker's name, and that a tool failed, have no place."""
    result = {"toolResult": {"toolCallId": "1", "isError": True}}
    call = asked(messages=[said("USER", {"text": "a"}, name="Ada"), said("TOOL", result)])

    assert ["messages[].name", "messages[].parts[].tool_result.is_error"] == dropped(call)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"content":5}', b'{"type":"x","role":"x","content":[1]}'])
def test_state_that_is_none(data: bytes) -> None:
    """Whatever a caller makes of a part's state, its words are said by the assistant."""
    part = ParseDict({"text": "a"}, message_pb2.ContentPart())
    part.provider_state.CopyFrom(message_pb2.ProviderState(kind="openai_responses", data=data))
    call = asked(messages=[])
    call.request.messages.add(role=message_pb2.ROLE_ASSISTANT, parts=[part])
    (item,) = rendered(call)

    assert "assistant" == item["role"]
    assert item["content"] in ("a", [{"type": "output_text", "text": "a", "annotations": []}])
