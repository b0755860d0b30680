"""Right answers, as the vendors' own SDKs and the wire see them."""

import json
import re

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider
from faults.wire import (
    ANTHROPIC,
    COHERE,
    HELLO,
    OPENAI,
    PATHS,
    RESPONSES,
    anthropic_sdk,
    ask,
    connected,
    exchange,
    openai_sdk,
    request_for,
)


async def test_openai_sdk_reads_a_unary_answer(provider: FaultProvider) -> None:
    """OpenAI's SDK gets the canonical text, a finish reason and usage in words; the key is recorded."""
    async with openai_sdk(provider) as client:
        answer = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi there"}]
        )

    assert CANONICAL_TEXT == answer.choices[0].message.content
    assert "stop" == answer.choices[0].finish_reason
    assert answer.usage is not None
    assert (2, 20) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert "sk-test" == provider.attempts[0].key
    assert f"req_{1:032x}" == answer._request_id


@pytest.mark.parametrize("asked", [True, False])
async def test_openai_sdk_reads_a_stream(provider: FaultProvider, asked: bool) -> None:
    """A stream has a chunk for each token; a usage chunk without choices comes if and only if asked for."""
    async with openai_sdk(provider) as client:
        stream = await client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
            stream_options={"include_usage": asked},
        )
        chunks = [chunk async for chunk in stream]

    assert CANONICAL_TEXT == "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert ["stop"] == [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    assert ([20] if asked else []) == [c.usage.completion_tokens for c in chunks if c.usage]
    assert (22 + asked) == len(chunks)


async def test_openai_sdk_reads_responses(provider: FaultProvider) -> None:
    """OpenAI's SDK gets the canonical text and usage in words, whole and accumulated from a stream."""
    async with openai_sdk(provider) as client:
        whole = await client.responses.create(model="gpt-4o", instructions="Be brief", input="Hi")
        async with client.responses.stream(model="gpt-4o", instructions="Be brief", input="Hi") as stream:
            streamed = await stream.get_final_response()

    for answer in (whole, streamed):
        assert (CANONICAL_TEXT, "completed", "Be brief") == (answer.output_text, answer.status, answer.instructions)
        assert answer.usage is not None
        assert (3, 20) == (answer.usage.input_tokens, answer.usage.output_tokens)


async def test_anthropic_sdk_reads_a_unary_answer(provider: FaultProvider) -> None:
    """Anthropic's SDK gets the canonical text, a stop reason and usage in words, system included."""
    async with anthropic_sdk(provider) as client:
        answer = await client.messages.create(
            model="claude",
            max_tokens=50,
            system="Be brief",
            messages=[{"role": "user", "content": "Hi"}],
        )

    assert ["text"] == [block.type for block in answer.content]
    assert CANONICAL_TEXT == answer.content[0].text  # type: ignore[union-attr]
    assert ("end_turn", 3, 20) == (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens)
    assert f"req_011{1:021d}" == answer._request_id


async def test_anthropic_sdk_accumulates_a_stream(provider: FaultProvider) -> None:
    """Anthropic's stream helper puts the same message together as the unary answer."""
    async with (
        anthropic_sdk(provider) as client,
        client.messages.stream(model="claude", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        answer = await stream.get_final_message()

    assert CANONICAL_TEXT == answer.content[0].text  # type: ignore[union-attr]
    assert ("end_turn", 1, 20) == (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens)


async def test_openai_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """Role chunk, tokens, finish, usage, `[DONE]`; unfinished chunks say `usage: null`."""
    raw = await ask(provider, OPENAI, "tokens=1", stream_options={"include_usage": True})
    *chunks, end = [event.removeprefix(b"data: ") for event in raw.events]
    role, token, finish, usage = map(json.loads, chunks)

    assert b"[DONE]" == end
    assert {"role": "assistant", "content": "", "refusal": None} == role["choices"][0]["delta"]
    assert ("The", None) == (token["choices"][0]["delta"]["content"], token["usage"])
    assert "stop" == finish["choices"][0]["finish_reason"]
    assert ([], 1) == (usage["choices"], usage["usage"]["completion_tokens"])
    assert "content-type: text/event-stream; charset=utf-8" in raw.head


async def test_anthropic_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """The named events come in the real order, with a ping."""
    raw = await ask(provider, ANTHROPIC, "tokens=1")

    assert [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ] == [event.split(b"\n")[0].decode().removeprefix("event: ") for event in raw.events]


async def test_responses_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """The named events come in the real order, numbered; a limit makes the last one incomplete."""
    raw, cut = [await ask(provider, RESPONSES, model) for model in ("tokens=1", "tokens=1+finish=length")]
    response = cut.values[-1]["response"]

    assert [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ] == [event.split(b"\n")[0].decode().removeprefix("event: ") for event in raw.events]
    assert list(range(9)) == [value["sequence_number"] for value in raw.values]
    assert ["mZhSF"] == [value["obfuscation"] for value in raw.values if "obfuscation" in value]
    assert ("response.incomplete", "incomplete") == (cut.values[-1]["type"], response["status"])
    assert {"reason": "max_output_tokens"} == response["incomplete_details"]


async def test_cohere_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """The named events come in the real order; `[DONE]` follows and has no name."""
    raw = await ask(provider, COHERE, "tokens=1")

    assert [
        b"event: message-start",
        b"event: content-start",
        b"event: content-delta",
        b"event: content-end",
        b"event: message-end",
        b"data: [DONE]",
    ] == [event.split(b"\n")[0] for event in raw.events]
    ended = raw.values[-1]["delta"]
    assert ("COMPLETE", 5) == (ended["finish_reason"], ended["usage"]["tokens"]["input_tokens"])


@PATHS
async def test_connections_are_kept_alive(provider: FaultProvider, path: str) -> None:
    """Successive requests, streamed or not and refused or not, share a connection."""
    async with connected(provider) as (reader, writer):
        for model, stream in (("ok", True), ("status=429", True), ("ok", False)):
            writer.write(request_for(path, model, stream=stream, close=False))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if length := re.search(r"content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            else:
                await reader.readuntil(b"0\r\n\r\n")
        assert 1 == provider.open_connections

    assert ["answered", "refused", "answered"] == [attempt.outcome for attempt in provider.attempts]


async def test_chunked_request_bodies_are_read(provider: FaultProvider) -> None:
    """A body may be chunked, as Go sends it, and announced by `Expect: 100-continue`, as curl does."""
    body = json.dumps({"model": "ok", "messages": HELLO}).encode()
    head = f"POST {OPENAI}?beta=true HTTP/1.1\r\nauthorization: Bearer k\r\nconnection: close\r\n".encode()
    head += b"expect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])

    raw = await exchange(provider, head + chunks)

    assert raw.data.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
