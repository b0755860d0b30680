"""What the real providers refuse about a request is refused, in their own words."""

from typing import Any

import pytest

from fault_provider import FaultProvider
from faults.dialects import SCHEMA, data_url, shape, tools
from faults.wire import ANTHROPIC, COHERE, HELLO, OPENAI, PATHS, RESPONSES, ask

ANYTHING = {"role": "user", "content": "Hi"}
LOOSE = {"type": "object", "properties": {"city": {"type": "string"}}}


def parts(*made: dict[str, Any], role: str = "user") -> dict[str, Any]:
    """Return the messages of one with these parts."""
    return {"messages": [{"role": role, "content": list(made)}]}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (OPENAI, 400, "Unknown parameter: 'shoe_size'."),
        (RESPONSES, 400, "Unknown parameter: 'shoe_size'."),
        (ANTHROPIC, 400, "shoe_size: Extra inputs are not permitted"),
        (COHERE, 422, "unknown field: parameter 'shoe_size' is not a valid field."),
    ],
)
async def test_unknown_fields(provider: FaultProvider, path: str, status: int, message: str) -> None:
    """A field that the wire format does not have is refused."""
    raw = await ask(provider, path, "ok", shoe_size=44)
    said = raw.json["message"] if path == COHERE else raw.json["error"]["message"]

    assert (status, message) == (raw.status, said[: len(message)])


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        *[(OPENAI, {name: 1}) for name in ("top_k", "stop_sequences", "max_output_tokens", "system", "thinking")],
        *[(RESPONSES, {name: 1}) for name in ("stop", "seed", "frequency_penalty", "top_k", "response_format", "n")],
        *[(ANTHROPIC, {name: 1}) for name in ("seed", "n", "user", "presence_penalty", "response_format", "logprobs")],
        *[(COHERE, {name: 1}) for name in ("n", "user", "top_k", "parallel_tool_calls", "stream_options", "system")],
        *[(path, {"messages": [{**ANYTHING, "name": "bob"}]}) for path in (RESPONSES, ANTHROPIC, COHERE)],
        (OPENAI, {"messages": [{**ANYTHING, "cache_control": {"type": "ephemeral"}}]}),
        (COHERE, {"tools": [{"type": "function", "function": {"name": "a", "parameters": {}, "strict": True}}]}),
        (ANTHROPIC, {"tools": [{"name": "a", "parameters": {}, "input_schema": {"type": "object"}}]}),
    ],
)
async def test_fields_of_other_wire_formats(provider: FaultProvider, path: str, fields: dict[str, Any]) -> None:
    """What another wire format has is unknown here."""
    raw = await ask(provider, path, "ok", **fields)

    assert (422 if path == COHERE else 400) == raw.status
    assert any(word in raw.sent for word in (b"Unknown parameter", b"Extra inputs", b"unknown field"))


@PATHS
@pytest.mark.parametrize("kind", ["hologram", "video"])
async def test_unknown_parts(provider: FaultProvider, path: str, kind: str) -> None:
    """A part of an unknown type is a 400 that names its place."""
    raw = await ask(provider, path, "ok", **parts({"type": kind, kind: "x"}))

    assert 400 == raw.status
    assert any(place in raw.sent for place in (b"[0].content[0].type", b"messages.0.content.0.type"))


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        (OPENAI, {"temperature": 2.1}, "temperature"),
        (OPENAI, {"stop": ["1", "2", "3", "4", "5"]}, "at most 4"),
        (OPENAI, {"max_completion_tokens": 5}, "together"),
        (OPENAI, {"tools": []}, "must not be empty"),
        (OPENAI, {"tool_choice": "auto"}, "only allowed when 'tools'"),
        (OPENAI, {"parallel_tool_calls": True}, "only allowed when 'tools'"),
        (OPENAI, {"top_logprobs": 3}, "needs 'logprobs'"),
        (OPENAI, {"stream": False, "stream_options": {"include_usage": True}}, "only allowed when 'stream'"),
        (OPENAI, shape(OPENAI), "the word 'json'"),
        (OPENAI, parts({"type": "text"}), "messages[0].content[0].text"),
        (OPENAI, parts({"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}}), "base64"),
        (OPENAI, parts({"type": "file", "file": {"filename": "a.pdf"}}), "file_data"),
        (OPENAI, parts({"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}), "wav, mp3"),
        (OPENAI, {"messages": [{"role": "robot", "content": "Hi"}]}, "must be one of"),
        (RESPONSES, {"max_tokens": 15}, "at least 16"),
        (RESPONSES, {"tool_choice": "auto"}, "only allowed when 'tools'"),
        (RESPONSES, shape(RESPONSES), "the word 'json'"),
        (RESPONSES, parts({"type": "input_text", "text": "x"}, role="assistant"), "output_text, refusal"),
        (RESPONSES, {"messages": [{"type": "telepathy"}]}, "input[0].type"),
        (RESPONSES, {"messages": [{"type": "reasoning", "summary": []}, ANYTHING]}, "required following item"),
        (ANTHROPIC, {"temperature": 1.5}, "must be from 0 to 1"),
        (ANTHROPIC, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "less than max_tokens"),
        (
            ANTHROPIC,
            {"max_tokens": 2048, "temperature": 0, "thinking": {"type": "enabled", "budget_tokens": 1024}},
            "temperature: may only be set to 1",
        ),
        (ANTHROPIC, {"tool_choice": {"type": "any"}}, "while providing tools"),
        (ANTHROPIC, {"tools": [{"name": "a", "input_schema": {}}]}, "input_schema.type"),
        (ANTHROPIC, parts({"type": "text", "text": ""}), "must be non-empty"),
        (ANTHROPIC, {"messages": [*HELLO, {"role": "assistant", "content": "The "}]}, "trailing whitespace"),
        (ANTHROPIC, {"messages": [{"role": "tool", "content": "Hi"}]}, "user, assistant, system"),
        (COHERE, {"frequency_penalty": 1.5}, "must be from 0 to 1"),
        (COHERE, {"frequency_penalty": 0.5, "presence_penalty": 0.5}, "cannot specify both"),
        (COHERE, {"p": 1}, "0.99"),
        (COHERE, {"stop": ["1", "2", "3", "4", "5", "6"]}, "at most 5"),
        (COHERE, {"tools": tools(COHERE, "a"), **shape(COHERE, SCHEMA)}, "not supported with tools"),
        (COHERE, {"tool_choice": "REQUIRED"}, "only be used with tools"),
        (COHERE, {"messages": [{"role": "developer", "content": "Hi"}]}, "system, user, assistant, tool"),
    ],
)
async def test_refusals(provider: FaultProvider, path: str, fields: dict[str, Any], words: str) -> None:
    """A value that the real provider does not take is a 400 in words that tell why."""
    raw = await ask(provider, path, "ok", **fields)

    assert (400, True) == (raw.status, words in raw.sent.decode())


@pytest.mark.parametrize("path", [OPENAI, RESPONSES])
async def test_strict_schemas_are_closed(provider: FaultProvider, path: str) -> None:
    """OpenAI's strict mode takes only schemas whose objects are closed and require all that they have."""
    asked = shape(path, LOOSE)
    holder = asked["text"]["format"] if path == RESPONSES else asked["response_format"]["json_schema"]
    assert 200 == (await ask(provider, path, "ok", **asked)).status
    holder["strict"] = True
    raw = await ask(provider, path, "ok", **asked)

    assert (400, True) == (raw.status, b"additionalProperties" in raw.sent)
    holder["schema"] = {**LOOSE, "additionalProperties": False}
    assert b"'required' has to name" in (await ask(provider, path, "ok", **asked)).sent
    holder["schema"] = SCHEMA
    assert 200 == (await ask(provider, path, "ok", **asked)).status


@PATHS
async def test_null_is_as_good_as_nothing(provider: FaultProvider, path: str) -> None:
    """Fields that are null are not set."""
    assert 200 == (await ask(provider, path, "ok", temperature=None, tools=None, tool_choice=None)).status


async def test_media_that_only_some_have(provider: FaultProvider) -> None:
    """Chat Completions takes no file by address, Responses no audio, Cohere no document, Anthropic no audio."""
    url = data_url("application/pdf", b"x")
    for path, part in (
        (OPENAI, {"type": "file", "file": {"file_url": "https://example.com/a.pdf"}}),
        (RESPONSES, {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
        (ANTHROPIC, {"type": "audio", "source": {"type": "url", "url": url}}),
        (COHERE, {"type": "document", "document": {"data": {"text": "x"}}}),
    ):
        assert 400 == (await ask(provider, path, "ok", **parts(part))).status
