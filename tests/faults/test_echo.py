"""What the provider understood of a request, as `echo` tells it."""

import base64
import json
from typing import Any

import pytest

from fault_provider import FaultProvider
from faults.dialects import FILE, IMAGE, SCHEMA, conversation, data_url, shape, tool_choice, tools
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, ask, text_of

WEATHER = {"name": "weather", "description": "Look up the weather.", "parameters": SCHEMA}
ENCODED = base64.b64encode(FILE).decode()


async def echo(provider: FaultProvider, path: str, **fields: Any) -> Any:
    """Return the description, which is the same streamed and whole."""
    whole = await ask(provider, path, "echo", stream=False, **fields)
    described = text_of(path, whole.json)

    assert described == (await ask(provider, path, "echo", **fields)).text
    return json.loads(described)


async def part(provider: FaultProvider, path: str, *parts: dict[str, Any]) -> Any:
    """Return the description of a user's message of these parts, the first one's if it is one."""
    found = (await echo(provider, path, messages=[{"role": "user", "content": list(parts)}]))["messages"][0]["parts"]
    return found[0] if len(parts) == 1 else found


@PATHS
async def test_all_wire_formats_say_the_same(provider: FaultProvider, path: str) -> None:
    """Roles, texts, an image, a tool call and its result, tools, the choice and settings have the same words."""
    asked = {"tools": tools(path, "weather"), "temperature": 0.5, "top_p": 0.9, **tool_choice(path)}
    described = await echo(provider, path, **conversation(path), **asked)

    assert {
        "messages": [
            {"role": "system", "parts": [{"type": "text", "text": "Be brief."}]},
            {
                "role": "user",
                "parts": [
                    {"type": "text", "text": "What is there in Oslo?"},
                    {"type": "image", "mime_type": "image/png", "bytes": len(IMAGE)},
                ],
            },
            {
                "role": "assistant",
                "parts": [
                    {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Oslo", "days": 2}}
                ],
            },
            {
                "role": "tool",
                "parts": [{"type": "tool_result", "id": "c1", "parts": [{"type": "text", "text": "Rain."}]}],
            },
        ],
        "tools": [WEATHER],
        "max_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "tool_choice": {"mode": "required"},
    } == described


@PATHS
async def test_the_shape_of_the_answer(provider: FaultProvider, path: str) -> None:
    """A JSON Schema arrives as it was sent; only OpenAI's two wire formats have a name for it."""
    described = await echo(provider, path, **shape(path, SCHEMA))

    name = {"name": "weather"} if path in (OPENAI, RESPONSES) else {}
    assert {"type": "json_schema", **name, "schema": SCHEMA} == described["format"]


@pytest.mark.parametrize("path", [OPENAI, RESPONSES, COHERE])
async def test_json_mode(provider: FaultProvider, path: str) -> None:
    """JSON without a schema."""
    messages = [{"role": "user", "content": "In JSON."}]

    assert {"type": "json"} == (await echo(provider, path, messages=messages, **shape(path)))["format"]


@pytest.mark.parametrize(
    ("path", "asked", "settings"),
    [
        (
            OPENAI,
            {"stop": "x y", "seed": 7, "frequency_penalty": -1, "presence_penalty": 1.5, "user": "u"},
            {"stop": ["x y"], "seed": 7, "frequency_penalty": -1, "presence_penalty": 1.5, "user": "u"},
        ),
        (
            OPENAI,
            {"reasoning_effort": "low", "logprobs": True, "top_logprobs": 2},
            {"reasoning": {"effort": "low"}, "top_logprobs": 2},
        ),
        (
            RESPONSES,
            {"reasoning": {"effort": "low", "summary": "auto"}, "user": "u"},
            {"reasoning": {"effort": "low", "summary": "auto"}, "user": "u"},
        ),
        (
            RESPONSES,
            {"include": ["message.output_text.logprobs"], "top_logprobs": 0},
            {"top_logprobs": 0},
        ),
        (
            ANTHROPIC,
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048, "stop": ["x"]},
            {"reasoning": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048, "stop": ["x"]},
        ),
        (
            ANTHROPIC,
            {"output_config": {"effort": "low"}, "metadata": {"user_id": "u"}, "top_k": 5},
            {"reasoning": {"effort": "low"}, "user": "u", "top_k": 5},
        ),
        (
            COHERE,
            {"thinking": {"type": "enabled", "token_budget": 9}, "k": 5, "seed": 7, "logprobs": True},
            {"reasoning": {"type": "enabled", "budget_tokens": 9}, "top_k": 5, "seed": 7, "top_logprobs": 0},
        ),
    ],
)
async def test_settings(provider: FaultProvider, path: str, asked: dict[str, Any], settings: dict[str, Any]) -> None:
    """Each wire format's names for settings become the same words."""
    described = await echo(provider, path, **asked)
    del described["messages"]

    assert {"max_tokens": 100, **settings} == described


@pytest.mark.parametrize("path", [OPENAI, RESPONSES, ANTHROPIC])
async def test_a_forced_tool(provider: FaultProvider, path: str) -> None:
    """The choice of one tool names it."""
    asked = {"tools": tools(path, "weather", "time"), **tool_choice(path, ["time"])}

    assert {"mode": "required", "tools": ["time"]} == (await echo(provider, path, **asked))["tool_choice"]


@pytest.mark.parametrize("path", [OPENAI, RESPONSES])
async def test_several_allowed_tools(provider: FaultProvider, path: str) -> None:
    """OpenAI can choose among some."""
    named = {"type": "function", **({"name": "time"} if path == RESPONSES else {"function": {"name": "time"}})}
    allowed = {"mode": "auto", "tools": [named]}
    choice = {"type": "allowed_tools", **(allowed if path == RESPONSES else {"allowed_tools": allowed})}
    described = await echo(provider, path, tools=tools(path, "weather", "time"), tool_choice=choice)

    assert {"mode": "auto", "tools": ["time"]} == described["tool_choice"]


async def test_one_tool_at_a_time(provider: FaultProvider) -> None:
    """Parallel calls are forbidden in two ways."""
    for path, asked in (
        (OPENAI, {"parallel_tool_calls": False}),
        (RESPONSES, {"parallel_tool_calls": False}),
        (ANTHROPIC, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
    ):
        described = await echo(provider, path, tools=tools(path, "weather"), **asked)
        assert described["parallel_tool_calls"] is False


async def test_documents(provider: FaultProvider) -> None:
    """Files arrive by data, by address and by id, with their names."""
    data = {"type": "document", "mime_type": "application/pdf", "bytes": len(FILE)}
    url = data_url("application/pdf", FILE)
    chat = {"type": "file", "file": {"file_data": url, "filename": "a.pdf"}}
    assert {**data, "filename": "a.pdf"} == await part(provider, OPENAI, chat)
    by_id = {"type": "file", "file": {"file_id": "f1"}}
    assert {"type": "document", "file_id": "f1"} == await part(provider, OPENAI, by_id)
    responses = {"type": "input_file", "file_data": url, "filename": "a.pdf"}
    assert {**data, "filename": "a.pdf"} == await part(provider, RESPONSES, responses)
    by_url = {"type": "input_file", "file_url": "https://example.com/a.pdf"}
    assert {"type": "document", "uri": "https://example.com/a.pdf"} == await part(provider, RESPONSES, by_url)
    source = {"type": "base64", "media_type": "application/pdf", "data": ENCODED}
    titled = {"type": "document", "source": source, "title": "a.pdf", "citations": {"enabled": True}}
    assert {**data, "filename": "a.pdf", "citations": True} == await part(provider, ANTHROPIC, titled)
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "à"}}
    assert {"type": "document", "mime_type": "text/plain", "bytes": 2} == await part(provider, ANTHROPIC, plain)


async def test_audio_and_addresses(provider: FaultProvider) -> None:
    """Audio has its format; an address stays an address."""
    audio = {"type": "input_audio", "input_audio": {"data": ENCODED, "format": "mp3"}}
    assert {"type": "audio", "mime_type": "audio/mpeg", "bytes": len(FILE)} == await part(provider, OPENAI, audio)
    there = {"type": "image", "uri": "https://example.com/a.png"}
    url = there["uri"]
    assert {**there, "detail": "low"} == await part(
        provider, OPENAI, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    )
    assert there == await part(provider, RESPONSES, {"type": "input_image", "image_url": url})
    assert there == await part(provider, ANTHROPIC, {"type": "image", "source": {"type": "url", "url": url}})
    assert there == await part(provider, COHERE, {"type": "image_url", "image_url": {"url": url}})


async def test_what_only_anthropic_can_say(provider: FaultProvider) -> None:
    """A failed tool with a picture, thinking with its signature, and where the cached prompt ends."""
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(IMAGE).decode()}
    result = {
        "type": "tool_result",
        "tool_use_id": "c1",
        "is_error": True,
        "content": [{"type": "image", "source": source}],
    }
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    use = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    marked = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    described = await echo(
        provider,
        ANTHROPIC,
        messages=[
            {"role": "user", "content": [marked]},
            {"role": "assistant", "content": [thinking, use]},
            {"role": "user", "content": [result]},
        ],
    )
    user, assistant, tool = described["messages"]

    assert [{"type": "text", "text": "Hi", "cache_breakpoint": True}] == user["parts"]
    assert {"type": "reasoning", "text": "Hm.", "encrypted": True} == assistant["parts"][0]
    picture = {"type": "image", "mime_type": "image/png", "bytes": len(IMAGE)}
    assert [{"type": "tool_result", "id": "c1", "is_error": True, "parts": [picture]}] == tool["parts"]


@PATHS
async def test_messages_of_one_speaker_are_one(provider: FaultProvider, path: str) -> None:
    """What one role says in a row is described as one turn, however many messages it is on the wire."""
    said = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "there"}]
    described = await echo(provider, path, messages=said)

    assert [["Hi", "there"]] == [[p["text"] for p in turn["parts"]] for turn in described["messages"]]


@PATHS
async def test_limits_do_not_cut_the_description(provider: FaultProvider, path: str) -> None:
    """`echo` answers whole, whatever `max_tokens` and `stop` say."""
    stop = {} if path == RESPONSES else {"stop": ["role"]}
    messages = [{"role": "user", "content": "word " * 50}]

    assert 16 == (await echo(provider, path, messages=messages, max_tokens=16, **stop))["max_tokens"]
